/** The types of our services' answers and requests, by their names in the committed OpenAPI document. */
import type { components } from './generated';

export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];

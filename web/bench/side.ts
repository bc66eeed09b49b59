// The two pages that are measured beside each other, in the same browser, on the same stack.

export interface Chat {
  id: string;
  directory: string;
  projectID: string;
}

export interface Side {
  name: 'ocweb' | 'opencode';
  address(chat: Chat): string;
  /** What a prompt is typed into. */
  box: string;
}

export const sides: readonly Side[] = [
  {
    name: 'ocweb',
    address: ({ id }) => `/chat/${id}`,
    box: 'textarea[aria-label="Message"]',
  },
  {
    name: 'opencode',
    address: ({ id, directory }) => `/${Buffer.from(directory).toString('base64url')}/session/${id}`,
    box: '[contenteditable="true"]',
  },
];

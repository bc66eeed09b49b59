// /admin/docs: the merged OpenAPI document, rendered without the internet. A page of its own, so that
// nobody who only chats loads a byte of it.
import 'swagger-ui-dist/swagger-ui.css';
import './docs.css';
import SwaggerUI from 'swagger-ui-dist/swagger-ui-es-bundle.js';

SwaggerUI({
  url: '/admin/openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  // The validator is somebody else's server.
  validatorUrl: null,
});

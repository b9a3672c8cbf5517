// Opens Swagger UI on this server's own document. Nothing is asked of any other host: `validatorUrl` would be one.
window.SwaggerUIBundle({
  plugins: [() => ({ fn: { resolveSubtree } })],
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  docExpansion: "none", // a tag opens with a click: with all operations in view every click would take a second
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  persistAuthorization: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});

/**
 * In place of its own, which goes through all of the document for each operation that is opened, some seconds: here a
 * reference leads into the document itself, and none in a circle.
 */
function resolveSubtree(document, path) {
  const at = (steps) => steps.reduce((part, step) => part?.[step], document);
  const resolved = (part) => {
    if (Array.isArray(part)) return part.map(resolved);
    if (part === null || typeof part !== "object") return part;
    if (typeof part.$ref === "string") return resolved(at(part.$ref.slice("#/".length).split("/")));
    return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, resolved(value)]));
  };
  return Promise.resolve({ spec: resolved(at(path)) ?? null, errors: [] });
}

// Its style has a dark half, which waits for this class.
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

// Shows the page's widgets from their saved state, with vendored scripts only.
"use strict";
(() => {
  const here = new URL("vendored/", document.currentScript.src).href;

  const load = (name) =>
    new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = here + name;
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });

  // After everything else: once require.js is there, any script of the theme that knows AMD
  // would register itself with require.js instead of with the page.
  window.addEventListener("load", async () => {
    // Widgets typeset their labels in the manner of MathJax 2.
    if (window.MathJax?.typesetPromise) {
      window.MathJax.Hub = { Queue: ([, , element]) => window.MathJax.typesetPromise([element]) };
    }
    await load("require.js");
    // Icon fonts are sought beside the module that asks for them.
    const paths = { anywidget: `${here}anywidget` };
    for (const name of ["base", "controls", "output", "html-manager"]) {
      paths[`@jupyter-widgets/${name}`] = `${here}${name}`;
    }
    window.requirejs.config({ baseUrl: here, paths });
    await load("embed-amd.js");
  });
})();

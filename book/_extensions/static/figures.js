// Draws every plotly figure of the page in the theme's colours, and again when the theme changes.
"use strict";
(() => {
  const NARROW = 520; // below this width a legend beside the plot leaves no room for the plot

  const colour = (name) =>
    getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // The colours go into the template, so that a colour that the figure sets itself stays.
  function themed(template) {
    const text = colour("--pst-color-text-base");
    const grid = colour("--pst-color-border");
    const surface = colour("--pst-color-surface");
    const clear = "rgba(0,0,0,0)";
    const old = template?.layout ?? {};
    const axis = { gridcolor: grid, linecolor: grid, zerolinecolor: grid };
    const plane = { ...axis, backgroundcolor: clear };
    const control = { bgcolor: surface, bordercolor: grid };
    const round = (part, ...axes) => ({
      ...part,
      bgcolor: clear,
      ...Object.fromEntries(axes.map((name) => [name, { ...part?.[name], ...axis }])),
    });
    return {
      data: {
        ...template?.data,
        bar: [{ type: "bar" }],
        heatmap: [{ type: "heatmap", textfont: { color: text } }],
      },
      layout: {
        ...old,
        paper_bgcolor: clear,
        plot_bgcolor: clear,
        margin: { t: 60, r: 20, b: 60, l: 60 },
        font: { ...old.font, color: text, family: getComputedStyle(document.body).fontFamily },
        xaxis: { ...old.xaxis, ...axis },
        yaxis: { ...old.yaxis, ...axis },
        scene: {
          xaxis: { ...old.scene?.xaxis, ...plane },
          yaxis: { ...old.scene?.yaxis, ...plane },
          zaxis: { ...old.scene?.zaxis, ...plane },
        },
        polar: round(old.polar, "angularaxis", "radialaxis"),
        ternary: round(old.ternary, "aaxis", "baxis", "caxis"),
        annotationdefaults: { ...old.annotationdefaults, arrowcolor: text },
        shapedefaults: { ...old.shapedefaults, line: { color: text } },
        hoverlabel: { ...old.hoverlabel, bgcolor: surface, font: { color: text } },
        modebar: { bgcolor: clear, color: grid, activecolor: text },
        sliderdefaults: { ...control, activebgcolor: grid, tickcolor: text },
        updatemenudefaults: control,
      },
    };
  }

  // A fixed width would not fit a phone; there the legend goes on top, and a finger scrolls the
  // page instead of zooming the plot.
  function fitted(layout, width) {
    const { width: _, ...rest } = layout;
    if (width >= NARROW) return { ...rest, autosize: true };
    const legend = { orientation: "h", x: 0, xanchor: "left", y: 1.02, yanchor: "bottom" };
    return {
      ...rest,
      autosize: true,
      dragmode: false,
      legend: rest.legend?.orientation === "h" ? rest.legend : { ...rest.legend, ...legend },
      // Above, room for the legend and, over it, a title.
      margin: { t: rest.title?.text ? 90 : 40, ...rest.margin, l: 40, r: 10 },
    };
  }

  const plots = [];
  for (const figure of document.querySelectorAll(".mlsan-figure")) {
    const plot = figure.querySelector("div");
    const { data, layout, frames, config } = JSON.parse(figure.querySelector("script").textContent);
    const template = layout.template;
    const shown = fitted({ ...layout, template: themed(template) }, figure.clientWidth);
    const displayModeBar = figure.clientWidth < NARROW ? false : "hover";
    Plotly.newPlot(plot, { data, layout: shown, frames, config: { ...config, displayModeBar } });
    plots.push({ plot, template });
  }

  new MutationObserver(() => {
    for (const { plot, template } of plots) Plotly.relayout(plot, { template: themed(template) });
  }).observe(document.documentElement, { attributeFilter: ["data-theme"] });
})();

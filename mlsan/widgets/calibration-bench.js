// Slide utterances from where they were recorded to where calibration puts them.
// The twin of nearest_mean_accuracy in calibration_bench.py: a test holds the two together.

const WIDTH = 640, HEIGHT = 420, EDGE = 16;

export function nearestMeanAccuracy(points, labels) {
  const sums = new Map();
  points.forEach(([x, y], i) => {
    const s = sums.get(labels[i]) ?? [0, 0, 0];
    sums.set(labels[i], [s[0] + x, s[1] + y, s[2] + 1]);
  });
  const means = [...sums].map(([name, [x, y, n]]) => [name, x / n, y / n]);
  const right = points.filter(([x, y], i) => {
    let best = Infinity, nearest;
    for (const [name, mx, my] of means) {
      const far = (x - mx) ** 2 + (y - my) ** 2;
      if (far < best) [best, nearest] = [far, name];
    }
    return nearest === labels[i];
  });
  return right.length / points.length;
}

function element(parent, tag, attributes = {}, text = "") {
  const node = tag === "svg" || parent.namespaceURI.endsWith("svg")
    ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.textContent = text;
  return parent.appendChild(node);
}

function render({ model, el }) {
  const [raw, calibrated] = [model.get("raw"), model.get("calibrated")];
  const [speakers, emotions] = [model.get("speakers"), model.get("emotions")];
  const colours = model.get("colours");
  const box = element(el, "div", { class: "mlsan-bench" });

  const label = element(box, "label");
  element(label, "span", {}, "Calibration");
  const slider = element(label, "input", { type: "range", min: 0, max: 1, step: 0.01, value: model.get("amount") });
  const amount = element(label, "output");

  const svg = element(box, "svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img",
    "aria-label": "Each letter is an utterance, named after its speaker and coloured by its emotion.",
  });
  // The window follows the cloud, so that it fills the picture wherever the slider stands.
  const edges = (points) => [0, 1].flatMap((axis) => {
    const values = points.map((point) => point[axis]);
    return [Math.min(...values), Math.max(...values)];
  });
  const [rawEdges, calibratedEdges] = [edges(raw), edges(calibrated)];
  const place = ([x, y], t) => {
    const [left, right, low, high] = rawEdges.map((edge, i) => edge + t * (calibratedEdges[i] - edge));
    return [EDGE + (WIDTH - 2 * EDGE) * (x - left) / (right - left),
      HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * (y - low) / (high - low)];
  };
  const letters = raw.map((_, i) =>
    element(svg, "text", { fill: colours[emotions[i]], "text-anchor": "middle" }, speakers[i][0]));

  const key = element(box, "p", { class: "mlsan-key" });
  for (const [name, colour] of Object.entries(colours)) {
    element(key, "span", { style: `background:${colour}` });
    element(key, "b", {}, name);
  }
  element(key, "i", {}, [...new Set(speakers)].sort().map((s) => `${s[0]} ${s}`).join(", "));
  const verdict = element(box, "p", { class: "mlsan-verdict", "aria-live": "polite" });

  const share = (value) => `${Math.round(100 * value)}%`;
  function draw() {
    const t = model.get("amount");
    const points = raw.map(([x, y], i) => [x + t * (calibrated[i][0] - x), y + t * (calibrated[i][1] - y)]);
    points.forEach((p, i) => {
      const [x, y] = place(p, t);
      letters[i].setAttribute("x", x);
      letters[i].setAttribute("y", y);
    });
    const accuracy = {
      speaker: nearestMeanAccuracy(points, speakers), emotion: nearestMeanAccuracy(points, emotions) };
    slider.value = t;
    slider.setAttribute("aria-valuetext", share(t));
    amount.textContent = share(t);
    verdict.textContent = `From this picture the nearest mean names the speaker of ${share(accuracy.speaker)} ` +
      `of the utterances (chance ${share(1 / new Set(speakers).size)}) and the emotion of ` +
      `${share(accuracy.emotion)} (chance ${share(1 / Object.keys(colours).length)}).`;
    box.dataset.speaker = accuracy.speaker;
    box.dataset.emotion = accuracy.emotion;
    model.set("accuracy", accuracy);
    model.save_changes();
  }
  slider.addEventListener("input", () => { model.set("amount", Number(slider.value)); });
  model.on("change:amount", draw);
  draw();
}

export default { render };

// Whom to trust, and with what: gates by speaker or by hand, and what forward.js makes of them.

const EVIDENCE = 4;      // where a modality's bar ends

function render({ model, el }) {
  const config = model.get("config");
  const { modalities, emotions, hidden } = config;
  const speakers = config.speakers.map(quoted);
  const [utterances, table] = [model.get("utterances"), model.get("table")];
  const encodings = floats(model.get("encodings"));
  const layer = { weight: floats(model.get("weight")), bias: model.get("bias") };

  // Eq. gating's sum, then the classifier.
  function classify(utterance, gates) {
    const fused = new Array(hidden).fill(0);
    gates.forEach((gate, m) => {
      const start = (utterance * modalities.length + m) * hidden;
      for (let i = 0; i < hidden; i++) fused[i] += gate * encodings[start + i];
    });
    return softmax(linear(layer, gelu(fused)));
  }

  const box = element(el, "div", { class: "mlsan-gates" });
  const [pickUtterance, pickSpeaker] = [["utterance", "Utterance"], ["speaker", "Gates of"]].map(
    ([trait, text]) => choose(box, model, trait, text, { class: "mlsan-choice" }));
  offer(pickUtterance,
    utterances.map(({ text, speaker }) => brief(`${quoted(speaker)}: ${quoted(text)}`)));
  offer(pickSpeaker, speakers.map(brief));

  element(box, "h4", {}, "Gates, from 0 (ignored) to 2 (trusted double)");
  const rows = modalities.map((name, m) => {
    const row = element(box, "label", { class: "mlsan-row" });
    element(row, "span", {}, name);
    const slider = element(row, "input", {
      type: "range", min: 0, max: 2, step: 0.01,
      style: `accent-color:${config.modality_colours[m]}` });
    slider.addEventListener("input", () => {
      const gates = model.get("gates");
      model.set("gates", gates.map((gate, i) => (i === m ? Number(slider.value) : gate)));
      model.save_changes();
    });
    return { slider, number: element(row, "output") };
  });
  const reset = element(box, "button", { type: "button" });
  reset.addEventListener("click", () => {
    model.set("gates", table[model.get("speaker")]);
    model.save_changes();
  });

  const signed = element(box, "h4");
  const evidence = modalities.map((name, m) => {
    const row = element(box, "div", { class: "mlsan-row" });
    element(row, "span", {}, name);
    const track = element(row, "div", { class: "mlsan-track mlsan-signed" });
    const bar = element(track, "i", { style: `background:${config.modality_colours[m]}` });
    return { bar, number: element(row, "output") };
  });

  element(box, "h4", {}, "Probability of each emotion (grey: with the true speaker's gates)");
  const felt = emotions.map((name, e) => {
    const row = element(box, "div", { class: "mlsan-row" });
    const label = element(row, "span", {}, name);
    const track = element(row, "div", { class: "mlsan-track" });
    const own = element(track, "i", { class: "before" });
    const now = element(track, "i", { style: `background:${config.emotion_colours[e]}` });
    return { label, own, now, number: element(row, "output") };
  });
  const verdict = element(box, "p", { class: "mlsan-verdict", "aria-live": "polite" });

  const percent = (p) => `${Math.round(100 * p)}%`;
  const best = (probability) => probability.indexOf(Math.max(...probability));

  function draw() {
    const [at, gates, speaker] = ["utterance", "gates", "speaker"].map((name) => model.get(name));
    const { emotion, row: truly, told, present } = utterances[at];
    const now = classify(at, gates), own = classify(at, table[truly]), top = best(now);

    pickUtterance.value = at;
    pickSpeaker.value = speaker;
    [...pickSpeaker.options].forEach((option, i) => {
      option.text = i === truly ? `${brief(i ? speakers[i] : quoted(told))} (who said it)`
        : brief(speakers[i]);
    });
    reset.textContent = `Back to the gates of ${speakers[speaker]}`;
    rows.forEach(({ slider, number }, m) => {
      const shown = present[m] ? gates[m].toFixed(2) : "absent";
      slider.value = gates[m];
      slider.disabled = !present[m];
      slider.setAttribute("aria-valuetext", shown);
      number.textContent = shown;
    });
    signed.textContent =
      `What each modality says for ${emotions[top]}: log p, less log p without it`;
    const says = modalities.map((_, m) => {
      const without = classify(at, gates.map((gate, i) => (i === m ? 0 : gate)));
      return Math.log(now[top]) - Math.log(without[top]);
    });
    evidence.forEach(({ bar, number }, m) => {
      const length = 50 * Math.min(Math.abs(says[m]) / EVIDENCE, 1);
      bar.style.width = `${length}%`;
      bar.style.marginLeft = `${says[m] < 0 ? 50 - length : 50}%`;
      number.textContent = (says[m] < 0 ? "−" : "+") + Math.abs(says[m]).toFixed(2);
    });
    felt.forEach((row, e) => {
      row.label.textContent = emotions[e] + (e === emotion ? " ✓" : "");
      row.own.style.width = percent(own[e]);
      row.now.style.width = percent(now[e]);
      row.number.textContent = percent(now[e]);
    });
    const hears = (p) => `${emotions[best(p)]}, ${percent(p[best(p)])}`;
    verdict.textContent = `With these gates the model hears ${hears(now)}; ` +
      `with those of ${quoted(told)} it hears ${hears(own)}. What was felt: ` +
      `${noted(emotions, utterances[at])}.`;
    for (const [name, value] of Object.entries({ probability: now, gates, evidence: says })) {
      box.dataset[name] = JSON.stringify(value);
    }
    model.set("probability", now);
    model.save_changes();
  }
  model.on("change:utterance", () => {
    const { row } = utterances[model.get("utterance")];
    model.set("speaker", row);
    model.set("gates", table[row]);
    draw();
  });
  model.on("change:speaker", () => {
    model.set("gates", table[model.get("speaker")]);
    draw();
  });
  model.on("change:gates", draw);
  draw();
}

export default { render };

// The same words from someone else: the model of forward.js, and controls to choose who speaks.

function render({ model, el }) {
  const config = model.get("config");
  const { modalities, emotions, speakers } = config;
  const layer = unpack(model.get("layout_of_weights"), model.get("weights"));
  const dialogues = withFeatures(model.get("dialogues"), model.get("features"), config);
  const box = element(el, "div", { class: "mlsan-swap" });

  const [pickDialogue, pickTurn, pickSpeaker] =
    [["dialogue", "Conversation"], ["turn", "Turn"], ["speaker", "Said by"]].map(
      ([trait, text]) => choose(box, model, trait, text));
  pickDialogue.addEventListener("change", () => {
    model.set("turn", 0);
    model.save_changes();
  });
  const talk = element(box, "ol", { class: "mlsan-talk" });
  const verdict = element(box, "p", { "aria-live": "polite", class: "mlsan-verdict" });
  const bars = element(box, "div", { class: "mlsan-bars" });

  function draw() {
    const turns = dialogues[model.get("dialogue")];
    const t = Math.min(model.get("turn"), turns.length - 1);
    const rows = turns.map((turn) => Math.max(speakers.indexOf(turn.speaker), 0));
    const other = model.get("speaker");
    const swapped = rows.map((row, i) => (i === t ? other : row));
    const features = turns.map((turn) => turn.features);
    const [before, after] = [rows, swapped].map(
      (said) => forward(layer, config, features, said, turns.map((turn) => turn.speaker))[t]);

    const cast = (turns) => [...new Set(turns.map((turn) => turn.speaker))].join(", ");
    offer(pickDialogue, dialogues.map((d, i) => `${i + 1}: ${cast(d)}`), model.get("dialogue"));
    offer(pickTurn, turns.map((turn, i) => `${i + 1}. ${turn.speaker}: ${turn.text}`), t);
    const names = speakers.map((name, i) => (i === rows[t] ? `${name} (who really did)` : name));
    offer(pickSpeaker, names, other);
    talk.replaceChildren();
    turns.forEach((turn, i) => {
      const line = element(talk, "li", i === t ? { "aria-current": "true" } : {});
      element(line, "b", {}, `${i === t ? speakers[other] : turn.speaker}: `);
      line.append(turn.text);
    });

    const best = ({ probability }) => {
      const p = Math.max(...probability);
      return `${emotions[probability.indexOf(p)]}, ${Math.round(100 * p)}%`;
    };
    verdict.textContent = `From ${speakers[rows[t]]} the model hears ${best(before)}. ` +
      `From ${speakers[other]} it hears ${best(after)}. What was felt: ${turns[t].emotion}.`;
    bars.replaceChildren();
    const pair = (name, values, most, colour, format) => {
      element(bars, "span", {}, name);
      const track = element(bars, "div", { class: "mlsan-track" });
      values.forEach((value, i) => {
        const bar = element(track, "i", { class: i ? "after" : "before" });
        bar.style.width = `${100 * value / most}%`;
        if (i) bar.style.background = colour;       // what was before stays grey
      });
      element(bars, "output", {}, values.map(format).join(" → "));
    };
    element(bars, "h4", {}, "Probability of each emotion");
    const both = (what, i) => [before[what][i], after[what][i]];
    emotions.forEach((name, e) => pair(name, both("probability", e), 1, config.colours[name],
      (value) => `${Math.round(100 * value)}%`));
    element(bars, "h4", {}, "Gates, from 0 (ignored) to 2 (trusted double)");
    modalities.forEach((m, i) => pair(m, both("gates", i), 2, "currentColor",
      (value) => value.toFixed(2)));
    const shown = { spoken: before.probability, swapped: after.probability };
    box.dataset.probability = JSON.stringify(shown);
    model.set("probability", shown);
    model.save_changes();
  }
  for (const trait of ["dialogue", "turn", "speaker"]) model.on(`change:${trait}`, draw);
  draw();
}

// Every turn's own features, cut from the buffer that holds all turns' one after another.
function withFeatures(dialogues, view, { modalities, dims }) {
  const all = floats(view);
  let at = 0;
  return dialogues.map((turns) => turns.map((turn) => {
    const features = {};
    for (const m of modalities) features[m] = Array.from(all.slice(at, at += dims[m]));
    return { ...turn, features };
  }));
}

export default { render };

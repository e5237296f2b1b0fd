// MLSAN's forward pass for one dialogue (mlsan/model/mlsan.py), in plain JavaScript: vectors are
// arrays, a layer is {weight, bias}, its rows one after another. Tests hold it to Python's.

export const linear = ({ weight, bias }, x) => Array.from(bias, (b, row) => {
  let sum = b;
  for (let i = 0, at = row * x.length; i < x.length; i++) sum += weight[at + i] * x[i];
  return sum;
});

export function softmax(x) {
  const top = Math.max(...x);
  const e = x.map((value) => Math.exp(value - top));
  const total = e.reduce((a, b) => a + b, 0);
  return e.map((value) => value / total);
}

export const sigmoid = (x) => 1 / (1 + Math.exp(-x));

// After Abramowitz and Stegun (1964), 7.1.26: off by at most 1.5e-7.
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const coefficients = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592];
  const polynomial = coefficients.reduce((sum, c) => (sum + c) * t, 0);
  return Math.sign(x) * (1 - polynomial * Math.exp(-x * x));
}

export const gelu = (x) => x.map((value) => 0.5 * value * (1 + erf(value / Math.SQRT2)));

const add = (a, b) => a.map((value, i) => value + b[i]);

function layerNorm({ weight, bias }, x) {
  const mean = x.reduce((a, b) => a + b, 0) / x.length;
  const variance = x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length;
  // 1e-5 is what PyTorch adds.
  return x.map((value, i) => weight[i] * (value - mean) / Math.sqrt(variance + 1e-5) + bias[i]);
}

// A trait's bytes as float32, copied: in a larger buffer a view need not start at a multiple of 4.
export const floats = (view) =>
  new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));

// Tensors by their names in the checkpoint, cut from one trait's bytes.
export function unpack(layout, view) {
  const all = floats(view), tensors = {};
  for (const [name, { offset, length }] of Object.entries(layout)) {
    tensors[name] = all.subarray(offset, offset + length);
  }
  return (name) => ({
    weight: tensors[`${name}.weight`], bias: tensors[`${name}.bias`], raw: tensors[name] });
}

const FAR = 20;         // mlsan/model/mlsan.py's

// A modality's features by train's moments, nothing farther out than FAR.
export function standardised(layer, m, features) {
  const [mean, sd] = [layer(`${m}_mean`).raw, layer(`${m}_sd`).raw];
  return features.map((value, d) => Math.max(-FAR, Math.min(FAR, (value - mean[d]) / sd[d])));
}

// A speaker's gamma and beta for one modality, one after the other; none where nothing calibrates
// it. Of a person known by ear (`heard`) it is their own mean and swing, undone: `Undo`.
export function filmOf(layer, { stages, heard, pace }, m, vector) {
  if (!stages.includes("calibration")) return null;
  if (!heard) {
    const linearly = layer(`calibration.film.${m}`);
    return linearly.weight ? linear(linearly, vector).map((value) => pace * value) : null;
  }
  if (!heard.places[m]) return null;
  const [start, middle, stop] = heard.places[m];
  const [mean, swing] = [vector.slice(start, middle), vector.slice(middle, stop)];
  return [...swing.map((value) => Math.exp(-value) - 1),
    ...mean.map((value, d) => -Math.exp(-swing[d]) * value)];
}

export const calibrated = (x, film) =>
  (film ? x.map((value, d) => (1 + film[d]) * value + film[x.length + d]) : x);

// Where calibration starts from people's own `Moments`, those of a row of the speaker table.
function fromOwn(layer, m, x, row) {
  const [mean, sd] = ["mean", "sd"].map((which) => layer(`moments.${m}_${which}`).raw);
  return mean ? x.map((v, d) => (v - mean[row * x.length + d]) / sd[row * x.length + d]) : x;
}

// Eq. calibration, Eq. gating and Eq. assembly for one utterance: what `MLSAN.represent` does. A
// person known by ear is a vector and needs no `row` of the table.
export function represent(layer, config, { features, present }, vector, row) {
  const { modalities, stages, concatSpeaker, heard } = config;
  const told = heard ? vector.slice(heard.tells) : vector;
  const gates = stages.includes("gating")
    ? linear(layer("gating.linear"), told).map((g) => 2 * sigmoid(g)) : modalities.map(() => 1);
  let fused = null;
  modalities.forEach((m, i) => {
    let x = standardised(layer, m, features[m]);
    x = calibrated(heard ? x : fromOwn(layer, m, x, row), filmOf(layer, config, m, vector));
    if (concatSpeaker) x = [...x, ...vector];
    const weight = present[i] ? gates[i] : 0;
    const h = linear(layer(`encoders.${m}.1`), x).map((value) => weight * value);
    fused = fused ? add(fused, h) : h;
  });
  return { gates, fused };
}

const logits = (layer, { evidence }, fused) =>
  linear(layer("classify.2"), evidence ? fused : gelu(fused));

export const classify = (layer, config, fused) => softmax(logits(layer, config, fused));

// What the turns around say: `Context`, for h, T vectors, and whose turn each is.
function attention(layer, h, party, { heads, reach }) {
  const H = h[0].length, size = H / heads;
  const bias = layer("context.bias").weight;
  const own = party.map((s, t) => party.slice(0, t + 1).filter((other) => other === s).length);
  const clip = (x) => Math.max(-reach, Math.min(reach, x));
  // The table of biases: 2 reach + 1 rows for turns of others, then as many for the speaker's own.
  const relation = (t, u) => (party[t] === party[u]
    ? clip(own[u] - own[t]) + reach + 2 * reach + 1 : clip(u - t) + reach);
  const normed = (norm, next, x) =>
    linear(layer(`context.${next}`), layerNorm(layer(`context.${norm}`), x));
  const qkv = h.map((x) => normed("before_attention", "qkv", x));
  return h.map((x, t) => {
    const heard = new Array(H).fill(0);
    for (let head = 0; head < heads; head++) {
      const [q, k, v] = [0, H, 2 * H].map((start) => start + head * size);
      const share = softmax(qkv.map((other, u) => {
        let score = 0;
        for (let i = 0; i < size; i++) score += qkv[t][q + i] * other[k + i];
        return score / Math.sqrt(size) + bias[relation(t, u) * heads + head];
      }));
      qkv.forEach((other, u) => {
        for (let i = 0; i < size; i++) heard[head * size + i] += share[u] * other[v + i];
      });
    }
    const attended = add(x, linear(layer("context.out"), heard));
    const inner = gelu(normed("before_feed", "feed.0", attended));
    return add(attended, linear(layer("context.feed.3"), inner));
  });
}

// The same by `Recurrence`: a GRU in both directions, each with half of the places.
function recurrence(layer, h) {
  const heard = h.map((x) => [...x]), half = h[0].length / 2;
  for (const [direction, start] of [["", 0], ["_reverse", half]]) {
    const [input, state] = ["i", "h"].map((which) => ({
      weight: layer(`context.gru.weight_${which}h_l0${direction}`).raw,
      bias: layer(`context.gru.bias_${which}h_l0${direction}`).raw }));
    let before = new Array(half).fill(0);
    for (const t of direction ? [...h.keys()].reverse() : h.keys()) {
      const [own, past] = [linear(input, h[t]), linear(state, before)];
      before = before.map((value, i) => {
        const [reset, update] = [i, half + i].map((at) => sigmoid(own[at] + past[at]));
        const fresh = Math.tanh(own[2 * half + i] + reset * past[2 * half + i]);
        return (1 - update) * fresh + update * value;
      });
      before.forEach((value, i) => { heard[t][start + i] += value; });
    }
  }
  return heard;
}

// The same by `Messages`: from what each turn says alone, T probabilities, to what all of them say.
function messages(layer, alone, party, { rounds }) {
  const [prior, [keeps, copies]] = ["prior", "share"].map(
    (name) => softmax(Array.from(layer(`context.${name}`).raw)));
  const turns = [...alone.keys()], ones = prior.map(() => 1);
  const times = (...vectors) => vectors.reduce((a, b) => a.map((value, c) => value * b[c]));
  const sum = (x) => x.reduce((a, b) => a + b, 0);
  const belief = (...vectors) => {
    const product = times(...vectors), total = sum(product);
    return product.map((value) => value / total);
  };
  const says = alone.map((p) => belief(p, prior.map((value) => 1 / value)));
  const own = turns.map((t) => party.lastIndexOf(party[t], t - 1)).map((o, t) => (t ? o : -1));
  const told = (ties, ups) => turns.map((t) => {
    const from = ties.indexOf(t);
    return from < 0 ? ones : belief(ups[from]).map((value) => value * ones.length);
  });
  const before = turns.map((t) => t - 1);
  let down = turns.map(() => prior), up = turns.map(() => [ones, ones]);
  const ears = () => [told(own, up.map(([a]) => a)), told(before, up.map(([, b]) => b))];
  for (let round = 0; round < rounds; round++) {
    const [fromOwn, fromNext] = ears();
    const next = turns.map((t) => {
      const [o, b] = [own[t], before[t]], same = o >= 0 && o === b;
      const keep = o < 0 ? 0 : keeps, copy = b < 0 ? 0 : copies, draw = 1 - keep - copy;
      const i = o < 0 ? ones : belief(says[o], down[o], same ? ones : fromNext[o]);
      const j = b < 0 ? ones : same ? i : belief(says[b], down[b], fromOwn[b]);
      const r = belief(says[t], fromOwn[t], fromNext[t]);
      const [drawn, kept, copied] = [draw * sum(times(prior, r)), keep * sum(times(i, r)),
        copy * sum(times(j, r))];
      return { down: prior.map((p, c) => draw * p + keep * i[c] + copy * j[c]),
        up: same ? [r.map((value) => drawn + (keep + copy) * value), ones]
          : [r.map((value) => drawn + copied + keep * value),
            r.map((value) => drawn + kept + copy * value)] };
    });
    [down, up] = [next.map((x) => x.down), next.map((x) => x.up)];
  }
  const [fromOwn, fromNext] = ears();
  return turns.map((t) => belief(says[t], down[t], fromOwn[t], fromNext[t]));
}

const CONTEXTS = { attention, recurrence, none: (layer, h) => h };

// Every turn's gates and probabilities. A turn has its features, which of them are `present`, and
// its `party`: whose turn it was, whoever gets it. `speaker[t]`, a row of the table, is who is to
// have said turn t.
export function forward(layer, config, turns, speaker) {
  const { weight, raw } = layer("speakers.vectors"), table = weight ?? raw;
  const E = config.speakerDim;
  const vector = (s) => Array.from(table.slice(s * E, (s + 1) * E));
  const said = turns.map((turn, t) => represent(
    layer, config, turn, vector(speaker[t]), speaker[t]));
  const parties = turns.map(({ party }) => party);
  if (config.context === "messages") {
    const alone = said.map(({ fused }) => classify(layer, config, fused));
    return messages(layer, alone, parties, config)
      .map((probability, t) => ({ gates: said[t].gates, probability }));
  }
  const h = CONTEXTS[config.context](
    layer, said.map(({ fused }) => fused), parties, config);
  return h.map((x, t) => ({ gates: said[t].gates, probability: classify(layer, config, x) }));
}

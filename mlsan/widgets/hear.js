// Eq. enrolment in plain JavaScript (mlsan/model/enrolment.py, `MLSAN.hear`): a person's vector from
// some of their utterances, without a label. An utterance is {features, present}. Tests hold page
// and Python together to 1e-4: test_enrolment_bench_page.py the book's run,
// test_widgets_anywhere.py others.

const PACE = 3, FLOOR = 1e-3, ROUNDS = 2;       // enrolment.py's, and mlsan.py's

const sum = (values) => values.reduce((a, b) => a + b, 0);

// What train and the episodes left for one modality.
function ofModality(layer, m) {
  const buffer = (name) => Array.from(layer(`speakers.${name}_${m}`).raw);
  const [between, within, logSd, among, rest] =
    ["between", "within", "log_sd", "between_log_sd", "rest"].map(buffer);
  const learned = (name) => layer(`speakers.${name}.${m}`).raw;
  return { between, within, logSd, among, rest, effects: layer(`speakers.effect_${m}`).raw,
    noise: Array.from(learned("noise"), (value) => Math.exp(PACE * value)),
    trust: sigmoid(PACE * learned("trust")[0]), usual: PACE * learned("usual")[0],
    undone: learned("undone") && sigmoid(2 + PACE * learned("undone")[0]) };
}

// One modality of the k utterances that have it: mean, swing and how far it follows what was felt.
function heardIn(layer, m, x, felt, isCalibrated) {
  const { between, within, logSd, among, rest, effects, noise, trust, usual, undone } =
    ofModality(layer, m);
  const D = rest.length, k = x.length, prior = Array.from(layer("speakers.prior").raw);
  const effect = felt.map((p) => rest.map((_, d) =>
    sum(p.map((share, e) => (share - prior[e]) * effects[e * D + d]))));
  let mean = [], swing = [];
  if (isCalibrated) {
    const average = (values) => sum(values) / Math.max(k, 1);
    for (let d = 0; d < D; d++) {
      const off = x.map((value, i) => value[d] - trust * effect[i][d]), middle = average(off);
      const spread = sum(off.map((value) => (value - middle) ** 2)) / Math.max(k - 1, 1);
      const apart = Math.log(Math.max(spread, FLOOR)) / 2 - logSd[d];
      const less = among[d] / (among[d] + noise[1] / Math.max(2 * (k - 1), 1));
      swing.push(k > 1 ? less * apart : 0);
      const own = Math.exp(swing[d]), chance = noise[0] * within[d] * own ** 2;
      const seen = average(x.map((value, i) => value[d] - own * trust * effect[i][d]));
      mean.push(k * between[d] / (k * between[d] + chance) * seen);
    }
    x = x.map((value) => value.map((v, d) => (v - mean[d]) / Math.exp(swing[d])));
    swing = swing.map((value) => undone * value);
  }
  const known = sum(effect.map((of) => sum(of.map((v, d) => v * v / rest[d]))));
  const follows = sum(effect.map((of, i) => sum(of.map((v, d) => v / rest[d] * x[i][d]))));
  const slope = follows / Math.max(known, FLOOR);
  return { mean, swing, tells: known / (known + 5 * noise[2]) * (slope - 1 - usual) };
}

// (R,) of one person; nothing heard gives zeros, the unknown speaker.
export function hear(layer, config, utterances) {
  const { modalities, heard } = config;
  let vector = new Array(config.speakerDim).fill(0);
  for (let round = 0; round < ROUNDS; round++) {
    const felt = utterances.map((u) => classify(
      layer, config, represent(layer, config, u, vector).fused));
    const moments = [], tells = [];
    modalities.forEach((m, i) => {
      const there = [...utterances.keys()].filter((u) => utterances[u].present[i]);
      const x = there.map((u) => standardised(layer, m, utterances[u].features[m]));
      const found = heardIn(layer, m, x, there.map((u) => felt[u]), m in heard.places);
      moments.push(...found.mean, ...found.swing);
      tells.push(found.tells);
    });
    vector = [...moments, ...tells];
  }
  return vector;
}

// The share of the variance between people that k utterances leave open: 1 for none.
export function unsure(layer, m, k) {
  const { between, within, noise } = ofModality(layer, m);
  return sum(between.map((v, d) => noise[0] * within[d] / (k * v + noise[0] * within[d])))
    / between.length;
}

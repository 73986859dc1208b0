/**
 * Asks the classifier of this folder what is on a picture. It is yours to change: README.md says
 * what each file is, and how the package in `fewshot/` is used.
 */
import { Fewshot } from "./fewshot/index.js";

const { none, threshold } = document.body.dataset;
const input = document.querySelector("input");
const progress = document.querySelector("progress");
const status = document.querySelector("[role=status]");
const answers = document.querySelector("ol");
const percent = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" });

status.textContent = "";
progress.hidden = false;
// Pictures may come before the model has: they are answered once it is there.
const ready = start();
ready.then(
  () => {
    progress.hidden = true;
  },
  (error) => {
    status.textContent = error.message;
  },
);
input.addEventListener("change", () => {
  ask(input.files);
  // The same picture may be chosen again.
  input.value = "";
});
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  ask(event.dataTransfer.files);
});
addEventListener("paste", (event) => ask(event.clipboardData.files));

async function start() {
  const learner = await Fewshot.load("model.safetensors", {
    // Without one nothing is "none of these".
    threshold: threshold === "" ? null : Number(threshold),
    onProgress: ({ received, total }) => {
      if (total > 0) progress.value = received / total;
    },
  });
  await learner.open("classifier.safetensors");
  return learner;
}

function ask(files) {
  for (const file of files) void answer(file);
}

async function answer(file) {
  const item = element("li");
  const picture = element("img");
  picture.alt = file.name;
  picture.src = URL.createObjectURL(file);
  const label = element("strong", "…");
  item.append(picture, label);
  answers.prepend(item);
  try {
    const learner = await ready;
    const answer = await learner.classify(file);
    label.textContent = answer.label ?? none;
    const shares = Object.entries(answer.probabilities).sort(([, a], [, b]) => b - a);
    for (const [name, probability] of shares) item.append(bar(name, probability));
  } catch (error) {
    label.textContent = error.message;
  }
}

function bar(name, probability) {
  const meter = element("meter");
  meter.value = probability;
  const line = element("label", `${name} `);
  line.append(meter, ` ${percent.format(probability)}`);
  return line;
}

function element(tag, text = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

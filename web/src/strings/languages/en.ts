/** Every sentence of the page, in English; the other languages have the same keys. */
import type { FailureCode } from "../../../package/src/protocol.ts";
import { counting } from "../count.ts";

const count = counting("en");

export interface Cause {
  /** In English, from the learner or the browser: no sentence of another language has it. */
  readonly detail: string;
  /** The limit that was passed, with its unit; empty where there is none. */
  readonly most: string;
}

const en = {
  /** What those who speak it call the language. */
  language: "English",
  tagline: "Teach it with a handful of pictures.",
  lead: "Show a few examples of each thing, then ask about new pictures. It learns in the blink of an eye, on this device alone: no picture ever leaves it.",
  startSample: "Or start with a sample",
  startOwn: "Use your own pictures",
  startOwnHint:
    "A folder with one folder of pictures per class makes the classes by itself: drop it anywhere.",
  chooseFolder: "Choose a folder of classes",
  sampleSize: (ways: number, shots: number, queries: number) =>
    `${count(ways, { one: "class", other: "classes" })}, ${count(shots, { one: "example", other: "examples" })} each, ${queries} to recognise`,
  sampleFailed: (title: string) =>
    `The sample “${title}” could not be fetched. Check the connection and try again.`,
  sampleTitles: {} as Record<string, string>,
  sampleClasses: {} as Record<string, string>,

  undo: "Undo",
  redo: "Redo",
  undone: (what: string) => `Undone: ${what}`,
  redone: (what: string) => `Redone: ${what}`,
  samples: "Samples",
  more: "More",
  startOver: "Start over",

  classes: "Classes",
  className: (n: number) => `Class ${n}`,
  nameOfClass: (n: number) => `Name of class ${n}`,
  addClass: "Add a class",
  addClassHint: "or drop pictures here",
  addPictures: "Add pictures",
  addPicturesTo: (name: string) => `Add pictures to ${name}`,
  camera: "Camera",
  cameraFor: (name: string) => `Camera for ${name}`,
  takePicture: "Take pictures (hold for many)",
  turnCamera: "Other camera",
  phoneCamera: "Phone’s camera app",
  cameraPicture: "camera",
  taken: (n: number) => count(n, { one: "picture taken", other: "pictures taken" }),
  answersPerSecond: (n: string) => `${n} answers a second`,
  cameraForbidden:
    "The camera may not be used here. Allow it in the browser’s settings for this page, then open this window again.",
  cameraMissing: "No camera was found. Connect one, then open this window again.",
  cameraBusy:
    "The camera does not answer: another program may be using it. Close that, then try again.",
  cameraImpossible:
    "Browsers give pages the camera only over https. Open this page by an address that begins with https.",
  lookAround: "Look around",
  classMenu: (name: string) => `Menu of class ${name}`,
  pictureCount: (n: number) => count(n, { one: "picture", other: "pictures" }),
  switchOff: "Switch off",
  switchOn: "Switch on",
  switchedOff: "switched off",
  moveUp: "Move up",
  moveDown: "Move down",
  nextColour: "Another colour",
  removeClass: "Remove class",

  pictureOf: (picture: string, owner: string) => `${picture}, ${owner}. Menu`,
  look: "Look closer",
  moveTo: (name: string) => `Move to ${name}`,
  moveToQueries: "Ask about it",
  removePicture: "Remove picture",
  asModelSees: "What the model sees",
  original: (w: number, h: number) => `Original, ${w} × ${h} pixels`,
  close: "Close",

  queries: "What is this?",
  addQueries: "Add pictures to ask about",
  queriesHint: "Drop, paste or choose pictures to ask about.",
  needClasses: "Answers appear once two classes have a picture each.",
  needModel: "Answers appear as soon as the model has arrived.",
  unread: "Could not be read",
  readAgain: "Try to read it again",
  right: "right",
  wrong: "wrong",
  rightCount: (right: number, of: number) => `${right} of ${of} right`,
  noneOfThese: "None of these",
  closestIs: (name: string) => `closest: ${name}`,
  nearest: "Nearest examples",
  nearestOf: (name: string) => `Nearest example, of ${name}`,
  queryMenu: (name: string) => `Menu of ${name}`,
  itIs: (name: string) => `It is ${name}`,
  showEvidence: "Show the evidence",
  hideEvidence: "Hide the evidence",
  evidenceOf: (name: string) =>
    `Warm where covering a part of the picture makes “${name}” less likely.`,
  evidenceRunning: "Covering one part after the other…",
  thinking: "Looking…",
  others: (n: number) => `${count(n, { one: "more class", other: "more classes" })}`,
  plainWas: (plain: string) => `${plain} without imagined examples`,
  withoutImagining:
    "The stroke is the answer without imagined examples, the small number the change.",
  answered: (name: string, label: string, percent: string) => `${name}: ${label}, ${percent}`,
  answeredMany: (n: number, list: string) =>
    `${count(n, { one: "picture", other: "pictures" })} recognised. ${list}`,
  elapsed: (ms: string) => `${ms} ms`,

  sortFolder: "Choose a folder to sort",
  filter: "Show",
  everyAnswer: "All",
  order: "Order",
  teachesMost: "would teach most",
  orders: {
    given: "as they came",
    doubt: "doubtful first",
    teaches: "what teaches most first",
    name: "by name",
  },
  keys: (keys: string) => `A number key says what the chosen picture is: ${keys}.`,
  nothingHere: "No picture is left here.",
  elseIs: (name: string, percent: string) => `else ${name} ${percent}`,
  reading: (done: string, total: string, left: string) =>
    left ? `${done} of ${total} read, ${left} left` : `${done} of ${total} read`,
  timeLeft: (seconds: number) =>
    seconds < 100
      ? `about ${count(seconds, { one: "second", other: "seconds" })}`
      : `about ${count(Math.round(seconds / 60), { one: "minute", other: "minutes" })}`,
  exportAnswers: "Export the answers as CSV",
  exportFolders: "Export as ZIP, a folder a class",
  exportToDisk: "Into folders of the disk",
  writing: (n: string, of: string) => `${n} of ${of} files written`,
  sortedInto: (n: number, folder: string) =>
    `${count(n, { one: "picture is", other: "pictures are" })} in “${folder}”, a folder a class.`,
  notSortedInto: (n: number, detail: string) =>
    `Writing into the folder ended after ${count(n, { one: "file", other: "files" })}: ${detail}. What is there stands in its log; make room or choose another folder, and try again.`,
  takeBack: "Take it back",
  takenBack: (n: number) => `${count(n, { one: "file was", other: "files were" })} taken back.`,
  sortedTooMany: (most: string) =>
    `These are more than ${most} files, which a ZIP cannot count. Sort fewer at once, or use a browser that writes straight into folders.`,
  sortedNotSaved:
    "The pictures could not be exported: the browser gave one no longer out. Remove those marked as unread, then export again.",
  needsQuestions: "Ask about pictures first: there is no answer to export yet.",

  jump: "Parts of the page",
  answers: "Answers",
  map: "Map",
  settings: "Settings",
  model: "Model",
  /** What the models of the project are for; others are told by their titles alone. */
  modelWords: {
    everyday: {
      title: "Everyday photographs",
      what: "For photographs of things, food, plants, animals. Learned from 1.3 million pictures; the most accurate here.",
    },
    photos: {
      title: "Photographs, learned here",
      what: "Learned from 32,000 small photographs alone; shows best what imagined examples do. Less accurate on sharp photographs.",
    },
    "cifar-fs": {
      title: "Tiny photographs",
      what: "For pictures of 32 pixels. Light to fetch: the smallest in colour.",
    },
    omniglot: {
      title: "Handwritten characters",
      what: "For letters and drawings in black on white. Sees no colour.",
    },
  } as Record<string, { title: string; what: string }>,
  modelSpeed: (ms: string) => `${ms} ms a picture here`,
  lighterModel: (title: string, usual: string, size: string) =>
    `To spare your connection this page began with “${title}”. “${usual}” is more accurate and ${size} to fetch.`,
  fetchModel: "Fetch it",
  modelScore: (data: string, percent: string) => `${percent} on ${data}, 5 classes, 1 example each`,
  modelInput: (side: number, colour: boolean) =>
    `${side} × ${side} pixels, ${colour ? "colour" : "grey"}`,
  modelNoGenerator: "none: cannot imagine examples",
  modelNoRejection: "not calibrated",
  modelDetails: "About this model",
  computedBy: (relaxed: boolean, workers: number) =>
    `WebAssembly with ${relaxed ? "relaxed SIMD" : "SIMD"}, up to ${count(workers, { one: "worker", other: "workers" })} for pictures`,
  facts: {
    input: "Input",
    views: "Views of a picture",
    features: "Features",
    transform: "Transform",
    parameters: "Parameters",
    generator: "Generator",
    head: "Decides by",
    distance: "Distance",
    temperature: "Temperature",
    rejection: "“None of these” above",
    computed: "Computed by",
    data: "Data",
    split: "Split",
    recipe: "Recipe",
    stage: "Stage",
    seed: "Seed",
    commit: "Commit",
  },
  ownModel: "Use a model of your own",
  ownModelHint: "A .safetensors file that “fewshot train” wrote.",
  modelLoading: (received: string, total: string) => `Fetching the model: ${received} of ${total}`,
  modelPreparing: "Preparing the model…",
  modelReady: (title: string) => `Model ${title} is ready.`,
  modelNone: "No model comes with this site. Drop a .safetensors file that “fewshot train” wrote.",
  retry: "Try again",
  head: "How it decides",
  heads: { prototype: "Prototypes", ridge: "Ridge regression" },
  headWords: {
    prototype:
      "Each class is the mean of its examples; the nearest mean wins. Sure with one example, easy to see on the map.",
    ridge:
      "A line is drawn between the classes so that it fits all examples. Better with five examples and more.",
  },
  noDistance: "These distances are for prototypes: ridge regression does not ask for one.",
  together: "Look at all questions together",
  togetherHint:
    "Answers then depend on which other questions there are (transductive). Better where they come from all classes alike; the camera always looks at one.",
  lookedAtTogether:
    "All questions were looked at together (transductive): each answer depends on the others.",
  distance: "Distance",
  distances: { l2: "Euclidean", cosine: "Cosine", dot: "Dot product" },
  imagined: "Imagined examples per class",
  imaginedNone: "none",
  imaginedHint:
    "The generator dreams up further features for each class from its examples. The prototypes move, and the answers with them.",
  imaginedImpossible: "This model has no generator, so it cannot imagine examples.",
  confidence: "Sharpness of the answers",
  confidenceHint: "Below 1 answers are bolder, above 1 more doubtful.",
  rejection: "Doubt: “none of these”",
  rejectionHint: "Further right, more pictures count as none of these.",
  rejectionOff: "off",
  rejectionUsual: "as calibrated",
  seed: "Seed",
  newSeed: "Roll again",
  resetSettings: "Back to the model’s own",

  scatter: "How it sees them",
  scatterHint: "Near is alike. Arrow keys go through the pictures.",
  scatterLabel: (n: number) =>
    `Map of ${n} features in the plane; the table below says the same in words.`,
  tsneTooMany: (n: string) => `With more than ${n} points the map is drawn by PCA.`,
  scatterEmpty: "Once two classes have pictures, this is where they meet.",
  methodPca: "PCA",
  methodTsne: "t-SNE",
  method: "Projection",
  kinds: {
    support: "example",
    hallucinated: "imagined",
    prototype: "prototype",
    query: "question",
  },
  table: "The same as a table",
  tableKind: "What",
  tableClass: "Class",
  tableName: "Picture",
  tableX: "x",
  tableY: "y",
  tableCaption: "Features in the plane",
  imaginedRow: (n: number) => `${n} imagined`,

  actions: {
    addClass: "class added",
    removeClass: "class removed",
    rename: "class renamed",
    order: "class moved",
    toggle: "class switched",
    colour: "colour changed",
    addPictures: "pictures added",
    removePicture: "picture removed",
    movePicture: "picture moved",
    correct: "answer corrected",
    settings: "setting changed",
    model: "model changed",
    sample: "sample loaded",
    startOver: "started over",
    openFile: "file opened",
  },
  removedClass: (name: string) => `Class “${name}” removed.`,
  removedPicture: (name: string) => `Picture “${name}” removed.`,
  corrected: (name: string) => `Thank you: it is now an example of “${name}”.`,
  pastedInto: (name: string) => `Pasted into ${name}.`,
  startedOver: "Everything was cleared.",
  cannotOpen: (name: string) =>
    `“${name}” was not opened: the part of this page that reads such files could not be fetched. Check the connection, then reload the page.`,
  notASession: (name: string) =>
    `“${name}” is not a session that this page saved, is incomplete, or was changed since. What is on the page stays.`,
  isClassifier: (name: string) =>
    `“${name}” is an exported classifier, no model: it is used with “fewshot predict --support”. To go on teaching here, open a saved session.`,
  sessionTooMany: (most: string) =>
    `The session holds more than ${most} files, which a ZIP cannot count. Remove pictures, or save them as several sessions.`,
  sessionNotSaved:
    "The session could not be saved: the browser gave a picture no longer out. Remove the pictures marked as unread, then save again.",
  otherTab:
    "Another tab with this page keeps the session. What you change here is gone when you close this one.",
  keepHere: "Keep it here",
  cannotKeep: {
    off: "This browser keeps nothing for this page: its storage is switched off here, or was cleared. Save the session as a file before you close it.",
    silent:
      "This browser’s storage does not answer: what was kept of this page is not shown, and nothing is kept now. Reload the page to try again, and save the session as a file before.",
    full: "This browser’s storage is full, so nothing you add is kept. Remove pictures, or save the session as a file before you close it.",
    newer:
      "A newer version of this page is open in another tab, so nothing you do in this one is kept. Save the session as a file, then reload the page.",
  },
  evaluate: "Evaluate",
  evaluateMenu: "Evaluate…",
  evaluateHint:
    "Choose or drop a folder with one folder of pictures per class, or use what is on the page. Episodes are drawn from it as in published tables: a few examples teach, other pictures ask, and how often the answer is right is counted.",
  evaluatePage: "Use the classes of this page",
  evaluateChoose: "Choose a folder of classes to evaluate with",
  evaluateTooFew:
    "That is too little: a folder with at least two class folders of two pictures each is needed.",
  evaluateEmbedding: (done: string, total: string) =>
    `Looking at the pictures: ${done} of ${total}`,
  evaluateReady: (classes: number, pictures: number) =>
    `${count(classes, { one: "class", other: "classes" })}, ${count(pictures, { one: "picture", other: "pictures" })}. Model, distance and imagined examples are as set on the page.`,
  evaluateRun: "Evaluate",
  evaluateRunning: "Running episodes…",
  evaluateShots: "Running episodes with more and fewer examples…",
  evaluateImagined: "Running episodes with imagined examples…",
  evaluateDone: "Done.",
  evaluateCancelled: "Cancelled; what was found stays.",
  cancel: "Cancel",
  ways: "Classes (ways)",
  shots: "Examples (shots)",
  queriesPerClass: "Questions each",
  episodes: "Episodes",
  protocol: (ways: number, shots: number, queries: number, episodes: number) =>
    `${ways}-way ${shots}-shot, ${count(queries, { one: "question", other: "questions" })} a class, mean and 95 % interval over ${episodes} episodes`,
  confusion: "What is taken for what",
  confusionHint: "Each cell opens its pictures.",
  confusionCaption: "Truth by row, answer by column",
  confusionCorner: "is ↓ taken for →",
  takenFor: (truth: string, predicted: string, share: string) =>
    truth === predicted
      ? `${truth} recognised: ${share}`
      : `${truth} taken for ${predicted}: ${share}`,
  overShots: "Accuracy against examples",
  overImagined: "Accuracy against imagined examples",
  exportCsv: "Export as CSV",
  exportPng: "Export as PNG",
  noPng: "this browser makes no PNG of it",
  saveSession: "Save session as a file",
  openSession: "Open a file…",
  exportClassifier: "Export the classifier",
  takeAlong: "Take it along as a page",
  along: {
    file: "my-classifier",
    title: "What is it?",
    choose: "Choose pictures, or drop them here",
    loading: "The model is on its way",
    unstarted: "This page needs a server, any one: see README.md.",
    stays: "No picture leaves this device.",
  },
  needsAnswers: "Give two classes a picture each first: there is nothing to export yet.",
  copyLink: "Copy link",
  linkCopied:
    "The link names the model, the sample and the settings. Pictures of your own are not in it.",
  linkNotCopied: (link: string) => `This browser does not let the page copy. The link is: ${link}`,
  sessionName: "session",
  noPictures: "There is no picture in what you dropped.",
  beside: (n: number) =>
    `${count(n, { one: "picture lies", other: "pictures lie" })} beside the class folders, in no class: not taken in.`,
  pasted: "pasted picture",

  refused: (n: number, cure: string) => `${n} pictures could not be taken in. ${cure}`.trim(),
  refusedNames: "Which ones?",
  torn: (name: string) =>
    `The file of “${name}” ends early: a part of the picture is missing and was not seen. Copy it anew from where it came.`,
  tornMany: (n: number) =>
    `The files of ${n} pictures end early: a part of each is missing and was not seen. Copy them anew from where they came.`,
  tornShort: "only a part of the picture",
  /** What helps where many pictures fail alike. */
  cures: {
    "bad-picture":
      "They are broken or not pictures this browser can read. Save them as JPEG or PNG and add them again.",
    gone: "Their files are no longer where they were. Bring them back and add them again.",
    heic: "They are HEIC pictures, which this browser cannot read. Export them as JPEG, or open this page in Safari.",
  } as Partial<Record<FailureCode, string>>,
  cureTooLarge: (most: string) =>
    `They are too large to open here. Make them smaller than ${most} and add them again.`,
  megapixels: (n: string) => `${n} megapixels`,
  hopeless:
    "The learner has stopped several times and is not started again by itself. Everything you added is still here.",
  failures: {
    cancelled: () => "Cancelled.",
    crashed: (name: string) =>
      `The learner stopped while it worked on “${name}” and was started again; everything else is still here.`,
    network: (name: string) =>
      `“${name}” could not be fetched. Check the connection and try again.`,
    "no-model": () => "No model is loaded yet.",
    "bad-model": (name: string, { detail }: Cause) =>
      `“${name}” cannot be used as a model: ${detail}. Choose a .safetensors file that “fewshot train” wrote.`,
    "bad-picture": (name: string) =>
      `“${name}” is broken or not a picture this browser can read. Save it as JPEG or PNG and add it again.`,
    gone: (name: string) =>
      `“${name}” can no longer be read: its file was moved or taken away. Bring it back and add it again.`,
    heic: (name: string) =>
      `“${name}” is a HEIC picture, which this browser cannot read. Export it as JPEG, or open this page in Safari.`,
    "too-large": (name: string, { most }: Cause) =>
      `“${name}” is too large to open here. Make it smaller than ${most} and add it again.`,
    "too-few": (_name: string, { detail }: Cause) => `There is too little to work with: ${detail}.`,
    internal: (name: string, { detail }: Cause) =>
      `Something went wrong with “${name}”: ${detail}.`,
  } satisfies Record<FailureCode, (name: string, cause: Cause) => string>,
  tooOld:
    "This browser is too old for this page: it needs WebAssembly with SIMD. Please update it.",
  newVersion: "A new version of this page is here.",
  reload: "Reload",
  dismiss: "Dismiss",
  notices: "Messages",

  about: "Everything runs in your browser. Your pictures are never sent anywhere.",
  source: "Free software, MIT or Apache-2.0",
  skip: "Skip to the answers",
};

export default en;
export type Strings = typeof en;

/** Every sentence of the page, in German. */
import { counting } from "../count.ts";
import type { Strings } from "./en.ts";

const count = counting("de");

const de: Strings = {
  language: "Deutsch",
  tagline: "Bring es ihm mit einer Handvoll Bilder bei.",
  lead: "Zeig ein paar Beispiele von jeder Sache, dann frag nach neuen Bildern. Gelernt wird in einem Augenblick und nur auf diesem Gerät: Kein Bild verlässt es.",
  startSample: "Oder mit einem Beispiel anfangen",
  startOwn: "Eigene Bilder nehmen",
  startOwnHint:
    "Ein Ordner mit einem Ordner voller Bilder je Klasse legt die Klassen selbst an: Zieh ihn irgendwohin auf die Seite.",
  chooseFolder: "Ordner mit Klassen wählen",
  sampleSize: (ways, shots, queries) =>
    `${count(ways, { one: "Klasse", other: "Klassen" })}, je ${count(shots, { one: "Beispiel", other: "Beispiele" })}, ${queries} zu erkennen`,
  sampleFailed: (title) =>
    `Das Beispiel „${title}“ konnte nicht geladen werden. Prüf die Verbindung und versuch es noch einmal.`,
  sampleTitles: {
    groceries: "Obst und Gemüse",
    "hand-signs": "Handzeichen",
    butterflies: "Schmetterlinge",
    reef: "Fische",
    beetles: "Käfer, einmal gesehen",
    characters: "Handschrift, einmal gesehen",
  },

  sampleClasses: {
    Aubergine: "Aubergine",
    Banana: "Banane",
    Kiwi: "Kiwi",
    Lemon: "Zitrone",
    Orange: "Orange",
    "Red pepper": "Rote Paprika",
  },

  undo: "Rückgängig",
  redo: "Wiederholen",
  undone: (what) => `Rückgängig: ${what}`,
  redone: (what) => `Wiederholt: ${what}`,
  samples: "Beispiele",
  more: "Mehr",
  startOver: "Von vorn anfangen",

  classes: "Klassen",
  className: (n) => `Klasse ${n}`,
  nameOfClass: (n) => `Name von Klasse ${n}`,
  addClass: "Klasse anlegen",
  addClassHint: "oder Bilder hierher ziehen",
  addPictures: "Bilder hinzufügen",
  addPicturesTo: (name) => `Bilder zu ${name} hinzufügen`,
  camera: "Kamera",
  cameraFor: (name) => `Kamera für ${name}`,
  takePicture: "Bilder aufnehmen (halten für viele)",
  turnCamera: "Andere Kamera",
  phoneCamera: "Kamera-App des Telefons",
  cameraPicture: "Kamera",
  taken: (n) => count(n, { one: "Bild aufgenommen", other: "Bilder aufgenommen" }),
  answersPerSecond: (n) => `${n} Antworten je Sekunde`,
  cameraForbidden:
    "Die Kamera darf hier nicht benutzt werden. Erlaube sie in den Einstellungen des Browsers für diese Seite und öffne dieses Fenster noch einmal.",
  cameraMissing:
    "Es wurde keine Kamera gefunden. Schließ eine an und öffne dieses Fenster noch einmal.",
  cameraBusy:
    "Die Kamera antwortet nicht: Vielleicht benutzt sie ein anderes Programm. Schließ es und versuch es noch einmal.",
  cameraImpossible:
    "Browser geben Seiten die Kamera nur über https. Öffne diese Seite mit einer Adresse, die mit https beginnt.",
  lookAround: "Umsehen",
  classMenu: (name) => `Menü der Klasse ${name}`,
  pictureCount: (n) => count(n, { one: "Bild", other: "Bilder" }),
  switchOff: "Ausschalten",
  switchOn: "Einschalten",
  switchedOff: "ausgeschaltet",
  moveUp: "Nach oben",
  moveDown: "Nach unten",
  nextColour: "Andere Farbe",
  removeClass: "Klasse entfernen",

  pictureOf: (picture, owner) => `${picture}, ${owner}. Menü`,
  look: "Genauer ansehen",
  moveTo: (name) => `Nach ${name} verschieben`,
  moveToQueries: "Danach fragen",
  removePicture: "Bild entfernen",
  asModelSees: "Was das Modell sieht",
  original: (w, h) => `Original, ${w} × ${h} Pixel`,
  close: "Schließen",

  queries: "Was ist das?",
  addQueries: "Bilder hinzufügen, nach denen gefragt wird",
  queriesHint: "Zieh Bilder hierher, füg sie ein oder wähl sie aus, um nach ihnen zu fragen.",
  needClasses: "Antworten kommen, sobald zwei Klassen je ein Bild haben.",
  needModel: "Antworten kommen, sobald das Modell da ist.",
  unread: "War nicht zu lesen",
  readAgain: "Noch einmal zu lesen versuchen",
  right: "richtig",
  wrong: "falsch",
  rightCount: (right, of) => `${right} von ${of} richtig`,
  noneOfThese: "Nichts davon",
  closestIs: (name) => `am nächsten: ${name}`,
  nearest: "Nächste Beispiele",
  nearestOf: (name) => `Nächstes Beispiel, aus ${name}`,
  queryMenu: (name) => `Menü von ${name}`,
  itIs: (name) => `Es ist ${name}`,
  showEvidence: "Zeigen, woran es liegt",
  hideEvidence: "Nicht mehr zeigen",
  evidenceOf: (name) => `Warm, wo das Verdecken „${name}“ unwahrscheinlicher macht.`,
  evidenceRunning: "Ein Teil nach dem anderen wird verdeckt…",
  thinking: "Schaut hin…",
  others: (n) => count(n, { one: "weitere Klasse", other: "weitere Klassen" }),
  plainWas: (plain) => `${plain} ohne vorgestellte Beispiele`,
  withoutImagining:
    "Der Strich ist die Antwort ohne vorgestellte Beispiele, die kleine Zahl die Änderung.",
  answered: (name, label, percent) => `${name}: ${label}, ${percent}`,
  answeredMany: (n, list) => `${count(n, { one: "Bild", other: "Bilder" })} erkannt. ${list}`,
  elapsed: (ms) => `${ms} ms`,

  sortFolder: "Ordner zum Sortieren wählen",
  filter: "Zeigen",
  everyAnswer: "Alle",
  order: "Reihenfolge",
  teachesMost: "sehr lehrreich",
  orders: {
    given: "wie sie kamen",
    doubt: "Zweifelhafte zuerst",
    teaches: "Lehrreichste zuerst",
    name: "nach Namen",
  },
  keys: (keys) => `Eine Zifferntaste sagt, was das gewählte Bild ist: ${keys}.`,
  nothingHere: "Hier ist kein Bild mehr.",
  elseIs: (name, percent) => `sonst ${name} ${percent}`,
  reading: (done, total, left) =>
    left ? `${done} von ${total} gelesen, noch ${left}` : `${done} von ${total} gelesen`,
  timeLeft: (seconds) =>
    seconds < 100
      ? `etwa ${count(seconds, { one: "Sekunde", other: "Sekunden" })}`
      : `etwa ${count(Math.round(seconds / 60), { one: "Minute", other: "Minuten" })}`,
  exportAnswers: "Antworten als CSV exportieren",
  exportFolders: "Als ZIP exportieren, je Klasse ein Ordner",
  exportToDisk: "In Ordner auf der Platte",
  writing: (n, of) => `${n} von ${of} Dateien geschrieben`,
  sortedInto: (n, folder) =>
    `${count(n, { one: "Bild liegt", other: "Bilder liegen" })} in „${folder}“, je Klasse ein Ordner.`,
  notSortedInto: (n) =>
    `Das Schreiben in den Ordner endete nach ${count(n, { one: "Datei", other: "Dateien" })}. Was dort liegt, steht in seinem Protokoll; schaff Platz oder wähl einen anderen Ordner und versuch es noch einmal.`,
  takeBack: "Zurücknehmen",
  takenBack: (n) => `${count(n, { one: "Datei wurde", other: "Dateien wurden" })} zurückgenommen.`,
  sortedTooMany: (most) =>
    `Das sind mehr als ${most} Dateien, so viele zählt ein ZIP nicht. Sortier weniger auf einmal, oder nimm einen Browser, der gleich in Ordner schreibt.`,
  sortedNotSaved:
    "Die Bilder konnten nicht exportiert werden: Der Browser gibt eines nicht mehr heraus. Entferne die als nicht gelesen markierten und exportier noch einmal.",
  needsQuestions: "Frag erst nach Bildern: Noch gibt es keine Antwort zu exportieren.",

  jump: "Teile der Seite",
  answers: "Antworten",
  map: "Karte",
  settings: "Einstellungen",
  model: "Modell",
  modelWords: {
    everyday: {
      title: "Fotos aus dem Alltag",
      what: "Für Fotos von Dingen, Essen, Pflanzen, Tieren. Aus 1,3 Millionen Bildern gelernt; hier das treffsicherste.",
    },
    photos: {
      title: "Fotos, hier gelernt",
      what: "Nur aus 32.000 kleinen Fotos gelernt; zeigt am besten, was vorgestellte Beispiele bewirken. Auf scharfen Fotos weniger treffsicher.",
    },
    "cifar-fs": {
      title: "Winzige Fotos",
      what: "Für Bilder von 32 Pixeln. Schnell geladen: das kleinste in Farbe.",
    },
    omniglot: {
      title: "Handschriftliche Zeichen",
      what: "Für Buchstaben und Zeichnungen, schwarz auf weiß. Sieht keine Farben.",
    },
  },
  modelSpeed: (ms) => `hier ${ms} ms je Bild`,
  lighterModel: (title, usual, size) =>
    `Um deine Verbindung zu schonen, hat diese Seite mit „${title}“ angefangen. „${usual}“ ist treffsicherer, zu laden sind ${size}.`,
  fetchModel: "Laden",
  modelScore: (data, percent) => `${percent} auf ${data}, 5 Klassen, je 1 Beispiel`,
  modelInput: (side, colour) => `${side} × ${side} Pixel, ${colour ? "Farbe" : "Grau"}`,
  modelNoGenerator: "keiner: kann sich keine Beispiele vorstellen",
  modelNoRejection: "nicht kalibriert",
  modelDetails: "Über dieses Modell",
  computedBy: (relaxed, workers) =>
    `WebAssembly mit ${relaxed ? "Relaxed SIMD" : "SIMD"}, bis zu ${count(workers, { one: "Worker", other: "Worker" })} für Bilder`,
  facts: {
    input: "Eingabe",
    views: "Ansichten je Bild",
    features: "Merkmale",
    transform: "Umformung",
    parameters: "Parameter",
    generator: "Generator",
    head: "Entscheidet mit",
    distance: "Abstand",
    temperature: "Temperatur",
    rejection: "„Nichts davon“ ab",
    computed: "Gerechnet mit",
    data: "Daten",
    split: "Aufteilung",
    recipe: "Rezept",
    stage: "Stufe",
    seed: "Startwert",
    commit: "Stand",
  },
  ownModel: "Ein eigenes Modell nehmen",
  ownModelHint: "Eine .safetensors-Datei, die „fewshot train“ geschrieben hat.",
  modelLoading: (received, total) => `Das Modell kommt: ${received} von ${total}`,
  modelPreparing: "Das Modell wird vorbereitet…",
  modelReady: (title) => `Das Modell ${title} ist bereit.`,
  modelNone:
    "Zu dieser Seite gehört kein Modell. Zieh eine .safetensors-Datei hierher, die „fewshot train“ geschrieben hat.",
  retry: "Noch einmal versuchen",
  head: "Wie es entscheidet",
  heads: { prototype: "Prototypen", ridge: "Ridge-Regression" },
  headWords: {
    prototype:
      "Jede Klasse ist das Mittel ihrer Beispiele; das nächste Mittel gewinnt. Sicher schon bei einem Beispiel, auf der Karte leicht zu sehen.",
    ridge:
      "Zwischen die Klassen wird eine Grenze gelegt, die zu allen Beispielen passt. Besser ab fünf Beispielen.",
  },
  noDistance: "Diese Abstände gelten für Prototypen: Ridge-Regression fragt nach keinem.",
  together: "Alle Fragen zusammen ansehen",
  togetherHint:
    "Antworten hängen dann davon ab, welche anderen Fragen da sind (transduktiv). Besser, wo sie gleichmäßig aus allen Klassen kommen; die Kamera sieht immer nur eine.",
  lookedAtTogether:
    "Alle Fragen wurden zusammen angesehen (transduktiv): Jede Antwort hängt von den anderen ab.",
  distance: "Abstand",
  distances: { l2: "Euklidisch", cosine: "Kosinus", dot: "Skalarprodukt" },
  imagined: "Vorgestellte Beispiele je Klasse",
  imaginedNone: "keine",
  imaginedHint:
    "Der Generator denkt sich zu den Beispielen jeder Klasse weitere Merkmale aus. Die Prototypen wandern, und mit ihnen die Antworten.",
  imaginedImpossible:
    "Dieses Modell hat keinen Generator, es kann sich keine Beispiele vorstellen.",
  confidence: "Schärfe der Antworten",
  confidenceHint: "Unter 1 sind die Antworten kühner, über 1 zweifelnder.",
  rejection: "Zweifel: „nichts davon“",
  rejectionHint: "Weiter rechts gelten mehr Bilder als nichts davon.",
  rejectionOff: "aus",
  rejectionUsual: "wie kalibriert",
  seed: "Startwert",
  newSeed: "Neu würfeln",
  resetSettings: "Zurück zu denen des Modells",

  scatter: "Wie es sie sieht",
  scatterHint: "Nah heißt ähnlich. Pfeiltasten gehen durch die Bilder.",
  scatterLabel: (n) =>
    `Karte von ${n} Merkmalen in der Ebene; die Tabelle darunter sagt dasselbe in Worten.`,
  tsneTooMany: (n) => `Bei mehr als ${n} Punkten wird die Karte durch PCA gezeichnet.`,
  scatterEmpty: "Sobald zwei Klassen Bilder haben, treffen sie sich hier.",
  methodPca: "PCA",
  methodTsne: "t-SNE",
  method: "Projektion",
  kinds: {
    support: "Beispiel",
    hallucinated: "vorgestellt",
    prototype: "Prototyp",
    query: "Frage",
  },
  table: "Dasselbe als Tabelle",
  tableKind: "Was",
  tableClass: "Klasse",
  tableName: "Bild",
  tableX: "x",
  tableY: "y",
  tableCaption: "Merkmale in der Ebene",
  imaginedRow: (n) => `${n} vorgestellt`,

  actions: {
    addClass: "Klasse angelegt",
    removeClass: "Klasse entfernt",
    rename: "Klasse umbenannt",
    order: "Klasse verschoben",
    toggle: "Klasse geschaltet",
    colour: "Farbe geändert",
    addPictures: "Bilder hinzugefügt",
    removePicture: "Bild entfernt",
    movePicture: "Bild verschoben",
    correct: "Antwort berichtigt",
    settings: "Einstellung geändert",
    model: "Modell gewechselt",
    sample: "Beispiel geladen",
    startOver: "von vorn angefangen",
    openFile: "Datei geöffnet",
  },
  removedClass: (name) => `Klasse „${name}“ entfernt.`,
  removedPicture: (name) => `Bild „${name}“ entfernt.`,
  corrected: (name) => `Danke: Es ist jetzt ein Beispiel für „${name}“.`,
  pastedInto: (name) => `Eingefügt in ${name}.`,
  startedOver: "Alles ist geleert.",
  cannotOpen: (name) =>
    `„${name}“ wurde nicht geöffnet: Der Teil dieser Seite, der solche Dateien liest, kam nicht an. Prüf die Verbindung und lade die Seite neu.`,
  notASession: (name) =>
    `„${name}“ ist keine Sitzung, die diese Seite gesichert hat, ist unvollständig oder wurde seitdem verändert. Was auf der Seite ist, bleibt.`,
  isClassifier: (name) =>
    `„${name}“ ist ein exportierter Klassifikator, kein Modell: Man nimmt ihn mit „fewshot predict --support“. Um hier weiter zu lehren, öffne eine gesicherte Sitzung.`,
  sessionTooMany: (most) =>
    `Die Sitzung enthält mehr als ${most} Dateien, so viele zählt ein ZIP nicht. Entferne Bilder oder sichere sie als mehrere Sitzungen.`,
  sessionNotSaved:
    "Die Sitzung konnte nicht gesichert werden: Der Browser gibt ein Bild nicht mehr heraus. Entferne die als nicht gelesen markierten Bilder und sichere noch einmal.",
  otherTab:
    "Ein anderer Tab mit dieser Seite behält die Sitzung. Was du hier änderst, ist fort, wenn du diesen schließt.",
  keepHere: "Hier behalten",
  cannotKeep: {
    off: "Dieser Browser behält für diese Seite nichts: Sein Speicher ist hier ausgeschaltet oder wurde geleert. Sichere die Sitzung als Datei, bevor du sie schließt.",
    silent:
      "Der Speicher dieses Browsers antwortet nicht: Was er von dieser Seite behalten hat, fehlt, und er behält jetzt nichts. Lade die Seite neu, um es noch einmal zu versuchen, und sichere vorher die Sitzung als Datei.",
    full: "Der Speicher dieses Browsers ist voll, Neues wird nicht behalten. Entferne Bilder oder sichere die Sitzung als Datei, bevor du sie schließt.",
    newer:
      "Eine neuere Fassung dieser Seite ist in einem anderen Tab offen, deshalb wird von hier nichts mehr behalten. Sichere die Sitzung als Datei und lade die Seite neu.",
  },
  evaluate: "Auswerten",
  evaluateMenu: "Auswerten…",
  evaluateHint:
    "Wähle oder zieh einen Ordner mit einem Ordner voller Bilder je Klasse hierher, oder nimm, was auf der Seite ist. Daraus werden Episoden gezogen wie in veröffentlichten Tabellen: Ein paar Beispiele lehren, andere Bilder fragen, und gezählt wird, wie oft die Antwort stimmt.",
  evaluatePage: "Die Klassen dieser Seite nehmen",
  evaluateChoose: "Ordner mit Klassen zum Auswerten wählen",
  evaluateTooFew:
    "Das reicht nicht: Es braucht einen Ordner mit mindestens zwei Klassenordnern zu je zwei Bildern.",
  evaluateEmbedding: (done, total) => `Die Bilder werden angesehen: ${done} von ${total}`,
  evaluateReady: (classes, pictures) =>
    `${count(classes, { one: "Klasse", other: "Klassen" })}, ${count(pictures, { one: "Bild", other: "Bilder" })}. Modell, Abstand und vorgestellte Beispiele sind wie auf der Seite eingestellt.`,
  evaluateRun: "Auswerten",
  evaluateRunning: "Episoden laufen…",
  evaluateShots: "Episoden mit mehr und weniger Beispielen laufen…",
  evaluateImagined: "Episoden mit vorgestellten Beispielen laufen…",
  evaluateDone: "Fertig.",
  evaluateCancelled: "Abgebrochen; was gefunden wurde, bleibt.",
  cancel: "Abbrechen",
  ways: "Klassen (ways)",
  shots: "Beispiele (shots)",
  queriesPerClass: "Fragen je Klasse",
  episodes: "Episoden",
  protocol: (ways, shots, queries, episodes) =>
    `${ways}-way ${shots}-shot, ${count(queries, { one: "Frage", other: "Fragen" })} je Klasse, Mittel und 95-%-Intervall über ${episodes} Episoden`,
  confusion: "Was wofür gehalten wird",
  confusionHint: "Jede Zelle öffnet ihre Bilder.",
  confusionCaption: "Wahrheit je Zeile, Antwort je Spalte",
  confusionCorner: "ist ↓ gilt als →",
  takenFor: (truth, predicted, share) =>
    truth === predicted
      ? `${truth} erkannt: ${share}`
      : `${truth} für ${predicted} gehalten: ${share}`,
  overShots: "Genauigkeit über Beispiele",
  overImagined: "Genauigkeit über vorgestellte Beispiele",
  exportCsv: "Als CSV exportieren",
  exportPng: "Als PNG exportieren",
  noPng: "dieser Browser macht kein PNG daraus",
  saveSession: "Sitzung als Datei sichern",
  openSession: "Datei öffnen…",
  exportClassifier: "Klassifikator exportieren",
  takeAlong: "Als eigene Seite mitnehmen",
  along: {
    file: "mein-klassifikator",
    title: "Was ist das?",
    choose: "Wähle Bilder, oder lege sie hier ab",
    loading: "Das Modell ist unterwegs",
    unstarted: "Diese Seite braucht einen Server, irgendeinen: siehe README.md.",
    stays: "Kein Bild verlässt dieses Gerät.",
  },
  needsAnswers: "Gib erst zwei Klassen je ein Bild: Noch gibt es nichts zu exportieren.",
  copyLink: "Link kopieren",
  linkCopied: "Der Link nennt Modell, Beispiel und Einstellungen. Eigene Bilder sind nicht darin.",
  linkNotCopied: (link) => `Dieser Browser lässt die Seite nicht kopieren. Der Link ist: ${link}`,
  sessionName: "sitzung",
  noPictures: "Darin ist kein Bild.",
  beside: (n) =>
    `${count(n, { one: "Bild liegt", other: "Bilder liegen" })} neben den Ordnern der Klassen, in keiner Klasse: nicht aufgenommen.`,
  pasted: "eingefügtes Bild",

  refused: (n, cure) => `${n} Bilder konnten nicht aufgenommen werden. ${cure}`.trim(),
  refusedNames: "Welche?",
  torn: (name) =>
    `Die Datei von „${name}“ bricht ab: Ein Teil des Bildes fehlt und wurde nicht gesehen. Kopier es noch einmal von dort, woher es kam.`,
  tornMany: (n) =>
    `Die Dateien von ${n} Bildern brechen ab: Ein Teil jedes Bildes fehlt und wurde nicht gesehen. Kopier sie noch einmal von dort, woher sie kamen.`,
  tornShort: "nur ein Teil des Bildes",
  cures: {
    "bad-picture":
      "Sie sind beschädigt oder keine Bilder, die dieser Browser lesen kann. Sichere sie als JPEG oder PNG und füg sie noch einmal hinzu.",
    gone: "Ihre Dateien sind nicht mehr, wo sie waren. Leg sie zurück und füg sie noch einmal hinzu.",
    heic: "Es sind HEIC-Bilder, die dieser Browser nicht lesen kann. Exportier sie als JPEG oder öffne diese Seite in Safari.",
  },
  cureTooLarge: (most) =>
    `Sie sind zu groß, um sie hier zu öffnen. Verkleinere sie auf unter ${most} und füg sie noch einmal hinzu.`,
  megapixels: (n) => `${n} Megapixel`,
  hopeless:
    "Der Lerner ist mehrmals stehen geblieben und wird nicht mehr von selbst gestartet. Alles, was du hinzugefügt hast, ist noch da.",
  failures: {
    cancelled: () => "Abgebrochen.",
    crashed: (name) =>
      `Der Lerner ist bei „${name}“ stehen geblieben und wurde neu gestartet; alles andere ist noch da.`,
    network: (name) =>
      `„${name}“ konnte nicht geladen werden. Prüf die Verbindung und versuch es noch einmal.`,
    "no-model": () => "Es ist noch kein Modell geladen.",
    "bad-model": (name) =>
      `„${name}“ taugt nicht als Modell. Wähl eine .safetensors-Datei, die „fewshot train“ geschrieben hat.`,
    "bad-picture": (name) =>
      `„${name}“ ist beschädigt oder kein Bild, das dieser Browser lesen kann. Sichere es als JPEG oder PNG und füg es noch einmal hinzu.`,
    gone: (name) =>
      `„${name}“ ist nicht mehr zu lesen: Die Datei wurde verschoben oder entfernt. Leg sie zurück und füg sie noch einmal hinzu.`,
    heic: (name) =>
      `„${name}“ ist ein HEIC-Bild, das dieser Browser nicht lesen kann. Exportier es als JPEG oder öffne diese Seite in Safari.`,
    "too-large": (name, { most }) =>
      `„${name}“ ist zu groß, um es hier zu öffnen. Verkleinere es auf unter ${most} und füg es noch einmal hinzu.`,
    "too-few": () => "Das reicht noch nicht: Es braucht mehr Klassen oder mehr Bilder je Klasse.",
    internal: (name) => `Bei „${name}“ ging etwas schief.`,
  },
  tooOld:
    "Dieser Browser ist zu alt für diese Seite: Sie braucht WebAssembly mit SIMD. Bitte aktualisiere ihn.",
  newVersion: "Es gibt eine neue Fassung dieser Seite.",
  reload: "Neu laden",
  dismiss: "Schließen",
  notices: "Meldungen",

  about: "Alles läuft in deinem Browser. Deine Bilder werden nirgendwohin geschickt.",
  source: "Freie Software, MIT oder Apache-2.0",
  skip: "Zu den Antworten springen",
};

export default de;

/** Starts the page: it is there at once, and what it needs arrives while it can be used. */
import "@fontsource-variable/instrument-sans/wght.css";
import "@fontsource/instrument-serif/latin-400.css";
import "./styles/index.css";
import { App } from "./app.ts";
import { acceptKeys } from "./input/keys.ts";
import { acceptPaste } from "./input/paste.ts";
import { goOffline } from "./offline.ts";
import { readLink } from "./state/link.ts";
import { language } from "./strings/index.ts";
import { page } from "./views/page.ts";

document.documentElement.lang = language;
const app = new App();
document.getElementById("page")?.replaceWith(page(app));
acceptPaste(app);
acceptKeys(app);
app.store.changed();
void goOffline(app);
void app.start(readLink(location.hash));

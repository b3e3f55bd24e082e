// The source of a scenario, with what is wrong at its place and what can be typed there. Without this script the page
// is a text area with a list below it.
import { autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, bracketMatching, syntaxHighlighting } from "@codemirror/language";
import { linter, lintGutter, lintKeymap } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const words = {
  "Control character": "Caractère de contrôle",
  "Diagnostics": "Ce qui ne va pas",
  "No diagnostics": "Rien ne manque",
  "Completions": "Ce qui peut s'écrire ici",
  "current match": "choisi",
  "Selection deleted": "Sélection effacée",
  "close": "Fermer",
};
const look = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--paper)", border: "1px solid var(--soft)", borderRadius: ".25rem",
    height: "min(36rem, 70vh)", fontSize: ".875rem" },
  "&.cm-focused": { outline: "3px solid #0a76f6", outlineOffset: "2px" },
  ".cm-scroller": { fontFamily: "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { color: "var(--soft)", backgroundColor: "var(--alt)", borderRight: "1px solid var(--rule)" },
  ".cm-activeLine": { backgroundColor: "transparent", boxShadow: "inset .1875rem 0 var(--blue)" },
  ".cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground":
    { backgroundColor: "var(--mark)" },
  ".cm-tooltip": { color: "var(--ink)", backgroundColor: "var(--paper)", border: "1px solid var(--soft)", maxWidth: "min(40rem, 90vw)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { color: "var(--paper)", backgroundColor: "var(--blue)" },
  ".cm-completionDetail": { fontStyle: "normal" },
  ".cm-diagnostic-error": { borderLeft: ".3125rem solid var(--fail)" },
  ".cm-diagnostic-warning": { borderLeft: ".3125rem solid var(--inconc)" },
  ".cm-lintRange-error, .cm-lintRange-warning": { backgroundImage: "none", textDecoration: "underline wavy var(--fail)" },
  ".cm-lint-marker-error, .cm-lint-marker-warning": { content: "normal" },  // the page forbids images written into it
  ".cm-lint-marker-error::before": { content: "'✕'", color: "var(--fail)" },
  ".cm-lint-marker-warning::before": { content: "'!'", color: "var(--inconc)" },
  ".cm-lintRange-warning": { textDecorationColor: "var(--inconc)" },
});
const colours = syntaxHighlighting(HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--blue)", fontWeight: "600" },
  { tag: tags.comment, color: "var(--soft)", fontStyle: "italic" },
  { tag: [tags.string, tags.content, tags.special(tags.string)], color: "var(--ink)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--pass)" },
]));

const area = document.querySelector("textarea[data-editor]");
if (area) {
  const post = async (what, fields) => {
    const body = new URLSearchParams({ source: area.value, ...fields });
    const answer = await fetch(`${area.dataset.editor}/${what}`, { method: "POST", body });
    return answer.ok ? answer.json() : null;
  };
  const at = (doc, line, column) => {
    const row = doc.line(Math.min(Math.max(line, 1), doc.lines));
    return Math.min(row.from + column, row.to);
  };
  const check = async (view) => {
    const found = await post("verifier", {});
    if (!found) return [];
    document.getElementById("problemes").innerHTML = found.html;
    const doc = view.state.doc;
    return found.problems.map((one) => {
      const from = at(doc, one.line, one.column - 1);
      return { from, to: Math.max(from, doc.lineAt(from).to), severity: one.severity, message: one.text };
    });
  };
  const complete = async (context) => {
    const line = context.state.doc.lineAt(context.pos);
    const typed = line.text.slice(0, context.pos - line.from);
    if (!context.explicit && !/[\w.-]$|[:,[{-] $/.test(typed)) return null;
    const found = await post("completer", { ligne: line.number, colonne: typed.length });
    if (!found || !found.options.length) return null;
    const options = found.options.map((one) => ({ label: one.label, detail: one.told, apply: one.insert }));
    return { from: line.from + found.column, options, filter: false };
  };
  const host = document.createElement("div");
  host.className = "editor";
  const root = host.attachShadow({ mode: "open" });  // whose style sheets are no elements: the page forbids those
  area.before(host);
  const view = new EditorView({
    parent: root,
    root,
    state: EditorState.create({
      doc: area.value,
      extensions: [
        lineNumbers(), history(), drawSelection(), highlightActiveLine(), bracketMatching(), yaml(), look, colours,
        lintGutter(), linter(check, { delay: 300 }), autocompletion({ override: [complete], icons: false }),
        keymap.of([...completionKeymap, ...lintKeymap, ...historyKeymap, ...defaultKeymap]),
        EditorState.phrases.of(words), EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": "Source du scénario (YAML)", "spellcheck": "false" }),
        EditorView.updateListener.of((update) => { if (update.docChanged) area.value = update.state.doc.toString(); }),
      ],
    }),
  });
  area.hidden = true;
  document.querySelector(`label[for="${area.id}"]`).addEventListener("click", () => view.focus());
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-line]");
    if (!link) return;
    event.preventDefault();
    const anchor = at(view.state.doc, Number(link.dataset.line), Number(link.dataset.column) - 1);
    view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
    view.focus();
  });
}

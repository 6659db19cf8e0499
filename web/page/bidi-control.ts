/** Embeddings, overrides and isolates, which reorder what is read (Unicode Standard Annex 9, 2). */
const CONTROLS = /[\u202a-\u202e\u2066-\u2069]/g;

/** A text with its bidirectional controls as marks, for instance `<U+202E>`, so that it is read in the order it was sent. */
export function withVisibleControls(text: string): string {
  return text.replace(CONTROLS, (control) => `<U+${control.charCodeAt(0).toString(16).toUpperCase()}>`);
}

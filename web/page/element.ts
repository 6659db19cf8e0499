/** The element of the page with an id, of the type that is asked for. */
export function byId<Type extends HTMLElement>(id: string, type: new () => Type): Type {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} #${id}`);
  return found;
}

/** Makes an element with a class and children; text is never markup. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className = "",
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  if (className !== "") made.className = className;
  made.append(...children);
  return made;
}

/** Makes a button that is no submit button. */
export function button(label: string, className: string, press: () => void): HTMLButtonElement {
  const made = element("button", className, label);
  made.type = "button";
  made.addEventListener("click", press);
  return made;
}

const exact = new Intl.NumberFormat("en");
const rough = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** A number in five characters at most, so that a growing one shifts nothing: 9,999, then 10K. */
export function short(count: number): string {
  return (count < 10_000 ? exact : rough).format(count);
}

/** Runs the last given work once before the next frame, however often it is asked for. */
export function onceAFrame(work: () => void): () => void {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      work();
    });
  };
}

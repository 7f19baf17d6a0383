// Small comforts; every page works without this file.
(() => {
  "use strict";

  // Copy buttons: <button data-copy="text" data-copied="Copied" hidden>.
  // They are hidden until there is a script that can serve them.
  for (const button of document.querySelectorAll("button[data-copy]")) {
    if (!navigator.clipboard) break;
    button.hidden = false;
    const said = document.createElement("span");
    said.setAttribute("role", "status");
    said.className = "copied";
    button.after(said);
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      said.textContent = button.dataset.copied;
    });
    button.addEventListener("blur", () => { said.textContent = ""; });
  }

  // Tick boxes: <input type="checkbox" data-tick-all="name" hidden> ticks all boxes of that name.
  for (const head of document.querySelectorAll("input[data-tick-all]")) {
    const boxes = () => head.form.querySelectorAll(`input[type=checkbox][name="${head.dataset.tickAll}"]`);
    head.closest("label").hidden = false;
    head.addEventListener("change", () => boxes().forEach((box) => { box.checked = head.checked; }));
  }

  // Long work: what has been reached is read aloud once, not with every look.
  document.addEventListener("htmx:after:swap", () => {
    const status = document.getElementById("said");
    const text = document.querySelector("[data-said]")?.dataset.said;
    if (status && text && status.textContent !== text) status.textContent = text;
  });

  // "/" goes to the search field, unless somebody is typing or has switched keys off.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.documentElement.dataset.keys === "off") return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const field = document.getElementById("search");
    if (!field) return;
    event.preventDefault();
    field.focus();
  });
})();

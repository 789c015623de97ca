// Comfort only: every page works without this file.
(() => {
  "use strict";
  const LIMIT_BYTES = 1048576;
  const form = document.querySelector("form.check");
  const input = form && form.querySelector("input[type=file]");
  const said = form && form.querySelector(".said");
  const print = document.getElementById("print");

  if (print) {
    print.hidden = false;
    print.addEventListener("click", () => window.print());
  }
  if (!form || !input) {
    return;
  }

  const tell = (words) => {
    said.textContent = words;
  };

  const look = () => {
    const file = input.files[0];
    if (!file) {
      tell("");
    } else if (input.files.length > 1) {
      input.value = "";
      tell("One file at a time, please: each gets its own answer.");
    } else if (file.size > LIMIT_BYTES) {
      input.value = "";
      tell("Too large: over 1 MB.");
    } else {
      tell(`Ready to check: ${file.name}`);
    }
  };
  input.addEventListener("change", look);

  // A file may be dropped anywhere on the page, not only on the field.
  const mark = (over) => document.body.classList.toggle("over", over);
  document.addEventListener("dragover", (event) => {
    if (event.dataTransfer && [...event.dataTransfer.types].includes("Files")) {
      event.preventDefault();
      mark(true);
    }
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) {
      mark(false);
    }
  });
  document.addEventListener("drop", (event) => {
    mark(false);
    if (event.dataTransfer && event.dataTransfer.files.length) {
      event.preventDefault();
      input.files = event.dataTransfer.files;
      look();
      form.querySelector("button[type=submit]").focus();
    }
  });

  // Pasting outside a field fills the text field, or the file field with a copied file.
  document.addEventListener("paste", (event) => {
    if (event.target.closest("input, textarea") || !event.clipboardData) {
      return;
    }
    const field = document.getElementById("text");
    const text = event.clipboardData.getData("text/plain");
    if (event.clipboardData.files.length) {
      input.files = event.clipboardData.files;
      look();
    } else if (field && text.trim()) {
      field.closest("details").open = true;
      field.value = text;
      field.focus();
      tell("Pasted. Ready to check.");
    }
  });

  form.addEventListener("submit", () => tell("Checking …"));
  window.addEventListener("pageshow", () => tell(""));
})();

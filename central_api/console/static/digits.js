// Six boxes for the digits of an authenticator: only digits stay, the next box is marked, six of them send the form.
// Without this script the same form is typed into and sent by its button.
"use strict";
document.querySelectorAll(".boxes").forEach((boxes) => {
  const input = boxes.querySelector("input");
  const button = input.form.querySelector("button[data-missing]");
  const ready = button ? button.textContent : "";
  const show = () => {
    input.value = input.value.replace(/\D/g, "").slice(0, 6);
    const typed = input.value.length;
    boxes.querySelectorAll("span").forEach((box, place) => {
      box.classList.toggle("next", document.activeElement === input && place === Math.min(typed, 5));
    });
    if (button) {
      button.textContent = typed < 6 ? button.dataset.missing.replace("#", String(6 - typed)) : ready;
      button.disabled = typed < 6;
    }
  };
  input.addEventListener("input", () => {
    show();
    if (input.value.length === 6 && boxes.dataset.send !== undefined) {
      input.form.requestSubmit();
      input.readOnly = true;
    }
  });
  ["focus", "blur"].forEach((name) => input.addEventListener(name, show));
  show();
});
document.querySelectorAll("progress[data-step]").forEach((bar) => {
  const words = document.getElementById(bar.getAttribute("aria-labelledby"));
  const step = Number(bar.dataset.step);
  const tick = () => {
    const left = step - (Math.floor(Date.now() / 1000) % step);
    bar.value = left;
    words.textContent = words.dataset.words.replace("#", String(left));
  };
  bar.parentElement.hidden = false;
  tick();
  setInterval(tick, 1000);
});

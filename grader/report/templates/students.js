"use strict";
document.documentElement.classList.add("js");

// ---- students

function openAll(open) { for (const student of document.querySelectorAll("details.student")) student.open = open; }
document.getElementById("open")?.addEventListener("click", () => openAll(true));
document.getElementById("close")?.addEventListener("click", () => openAll(false));

function reveal() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target && target.matches("details")) {
    target.open = true;
    target.scrollIntoView();
    target.querySelector("summary").focus({ preventScroll: true });
  }
}

// In a large class's pages the students are compressed: lines of HTML and their order.
async function unpack(packed) {
  const bytes = Uint8Array.from(atob(packed.textContent), (one) => one.charCodeAt(0));
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const [lines, order] = await new Response(plain).json();
  packed.outerHTML = order.map((number) => lines[number]).join("\n");
}

addEventListener("hashchange", reveal);
const packed = document.getElementById("packed");
if (packed) unpack(packed).then(reveal);
else reveal();

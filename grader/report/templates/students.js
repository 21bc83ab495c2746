"use strict";
document.documentElement.classList.add("js");

// ---- students

const students = document.querySelectorAll("details.student");
document.getElementById("open")?.addEventListener("click", () => { for (const student of students) student.open = true; });
document.getElementById("close")?.addEventListener("click", () => { for (const student of students) student.open = false; });

function reveal() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target && target.matches("details")) {
    target.open = true;
    target.scrollIntoView();
    target.querySelector("summary").focus({ preventScroll: true });
  }
}
addEventListener("hashchange", reveal);
reveal();

"use strict";
// Asks the server with forms and shows what it answers. All text goes in as text, never as HTML.

const at = (id) => document.getElementById(id);
const WAIT = 250; // milliseconds after the last key
let chosen = null; // { like: number } or { upload: File }, with a name
const running = {}; // path -> AbortController of the request that is under way

async function ask(path, fields) {
  running[path]?.abort();
  const controller = (running[path] = new AbortController());
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  const answer = await fetch(path, { method: "POST", body, signal: controller.signal });
  const result = await answer.json().catch(() => ({ error: `the server answers ${answer.status}` }));
  if (!answer.ok) throw new Error(result.error);
  return result;
}

function say(text, bad = false) {
  at("said").textContent = text;
  at("said").classList.toggle("bad", bad);
}

function picture() {
  if (!chosen) return {};
  return chosen.upload ? { upload: chosen.upload } : { like: chosen.like };
}

async function search() {
  const text = at("text").value;
  if (!text.trim() && !chosen) {
    at("found").replaceChildren();
    at("found-title").hidden = true;
    return say("");
  }
  try {
    const fields = { text, instead: at("instead").value, weight: at("weight").value, ...picture() };
    const { found } = await ask("/search", fields);
    at("found").replaceChildren(...found.map(entry));
    at("found-title").hidden = false;
    const like = chosen ? ` like ${chosen.name}` : "";
    const but = text.trim() ? `${chosen ? ", but" : " for"} “${text.trim()}”` : "";
    say(`${found.length} pictures${like}${but}`);
  } catch (error) {
    if (error.name !== "AbortError") say(error.message, true);
  }
}

function entry({ number, name, score }) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = `/picture/${number}?size=large`;
  link.target = "_blank";
  link.rel = "noopener";
  const image = document.createElement("img");
  image.src = `/picture/${number}`;
  image.alt = `${name}, larger`;
  image.loading = "lazy";
  link.append(image);
  const label = document.createElement("span");
  label.className = "name";
  label.textContent = name;
  const cosine = document.createElement("span");
  cosine.className = "score";
  cosine.textContent = score.toFixed(3);
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "More like this";
  button.setAttribute("aria-label", `More like ${name}`);
  button.addEventListener("click", () => choose({ like: number, name }, `/picture/${number}`));
  item.append(link, label, cosine, button);
  return item;
}

function choose(what, source) {
  const image = at("chosen");
  if (image.src.startsWith("blob:")) URL.revokeObjectURL(image.src);
  chosen = what;
  for (const id of ["chosen", "forget", "compose", "classes"]) at(id).hidden = !chosen;
  if (chosen) {
    image.src = source;
    image.alt = `The chosen picture, ${chosen.name}`;
    at("chosen-name").textContent = chosen.name;
    at("alike").scrollIntoView({ block: "nearest" });
    at("forget").focus(); // the button that was pressed goes away with the old pictures
    classify();
  } else {
    image.removeAttribute("src");
    at("upload").value = "";
    at("chosen-name").textContent = "None chosen. Drop a picture here, choose a file, or press “More like this” below.";
  }
  search();
}

function chooseFile(file) {
  if (file) choose({ upload: file, name: file.name }, URL.createObjectURL(file));
}

async function classify() {
  if (!chosen) return;
  try {
    const { shares } = await ask("/classify", { names: at("names").value, ...picture() });
    const best = Math.max(...shares.map(({ share }) => share));
    at("shares").replaceChildren(...shares.map(({ name, share }) => row(name, share, share === best)));
  } catch (error) {
    if (error.name !== "AbortError") say(error.message, true);
  }
}

function row(name, share, best) {
  const line = document.createElement("tr");
  if (best) line.className = "best";
  const percent = `${(100 * share).toFixed(1)} %`;
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = name;
  const number = document.createElement("td");
  number.className = "number";
  number.textContent = percent;
  const cell = document.createElement("td");
  cell.className = "bar";
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.value = share;
  bar.setAttribute("aria-hidden", "true");
  cell.append(bar);
  line.append(head, number, cell);
  return line;
}

function later(work) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, WAIT);
  };
}

async function start() {
  at("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
  const searchLater = later(search);
  for (const id of ["text", "instead", "weight"]) at(id).addEventListener("input", searchLater);
  at("weight").addEventListener("input", () => (at("weight-said").value = at("weight").value));
  at("names").addEventListener("input", later(classify));
  at("upload").addEventListener("change", () => chooseFile(at("upload").files[0]));
  at("forget").addEventListener("click", () => {
    choose(null);
    at("text").focus();
  });
  for (const kind of ["dragover", "dragenter"]) {
    document.addEventListener(kind, (event) => {
      event.preventDefault();
      at("alike").classList.add("over");
    });
  }
  document.addEventListener("dragleave", () => at("alike").classList.remove("over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    at("alike").classList.remove("over");
    chooseFile(event.dataTransfer.files[0]);
  });
  const about = await (await fetch("/about")).json();
  at("about").textContent = `${about.pictures.toLocaleString("en")} pictures in ${about.folder}`;
  if (about.left_out.length) {
    at("left-out").hidden = false;
    for (const line of about.left_out) {
      const item = document.createElement("li");
      item.textContent = line;
      at("left-out").querySelector("ul").append(item);
    }
  }
}

start().catch((error) => say(error.message, true));

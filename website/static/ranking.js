// Which sections of the site answer a question. Each section is ranked by the words that it has of the question: a rare
// word counts more than a common one, and a word of a heading more than one of the text. A word that is missing lowers
// a section, and does not hide it. An error is known by the letters of its message. Nothing here needs a page: tests run it in Node.
"use strict";

const MinclipRanking = (() => {
  const ASKING = new Set(
    ("a about am an and any are as at be but by can could do does else for from get go have help how i if in is it its " +
      "make me mean means minclip must my of on one or say should so than that the then there this to want was way " +
      "were what when where which who why will with without would you your").split(" "),
  );
  // what people say -> what is written here
  const SAME = new Map(Object.entries({
    photo: "picture", photos: "picture", image: "picture", images: "picture", license: "licence", color: "colour",
    colors: "colour", finetune: "fine tune", finetuning: "fine tune", warmup: "warm up", openclip: "open_clip",
    dataset: "data set", datasets: "data set", checkpoints: "checkpoint", doesn: "not", don: "not", isn: "not",
    huggingface: "hugging face", decrease: "down", decreases: "down", decreasing: "down", fall: "down", falls: "down",
    falling: "down", drop: "down", drops: "down",
  }));
  const HEADING = 2.2; // how much a word counts in a heading
  // and in a text: 1.5 in one of 60 words or fewer, 0.7 in one of 400
  const inText = (length) => Math.min(1.5, Math.max(0.6, 1.5 - 0.3 * Math.log2(length / 60)));
  const TITLE = 0.7; // in the title of the section's page
  const KINDS = [
    [/^docs\/troubleshooting\//, 0.45], [/^docs\/troubleshooting$/, 0.9], [/^CHANGELOG$/, 0.4], [/^benchmarks\//, 0.5],
    [/^reference\/commands$/, 0.75], [/^reference\//, 0.6], [/^docs\/glossary$/, 0.85], [/^docs\/faq$/, 1.1],
    [/^lessons\//, 0.75], [/^docs\/(finetuning|teaching|your-pictures|weights|workbook|installation)$/, 1.1],
    [/^docs\/(claims|scaling|recipes)$/, 0.85], [/^minclip\/models\//, 0.6],
  ];
  const TERM = /^\s*(what\s+(is|are|does)|define|meaning of)\b/i; // asks for a term, which the glossary has
  const OPTION = /(^|\s)--[a-z]/; // asks for an option, which the commands' page has
  const LEAST = 0.45; // of the best section's score
  const EACH = 3; // sections of a page

  const ENOUGH = 10; // letters of an error that must be found
  const SHARE = 0.6; // of its letters
  const LONG = 20; // letters by which a message is known of which only a part was pasted
  const HALF = 0.5; // of the letters of what was pasted

  const flat = (text) =>
    text.toLowerCase().replace(/["'`“”‘’]/g, "").replace(/\s+/g, " ").trim();

  // how many letters of a template stand in the query, in their order; 0 where they are too few
  const matched = (template, query) => {
    const words = flat(template).replace(/^(minclip: error|[a-z]*error): (?=.{8})/, ""); // people leave that out
    if (query.length >= ENOUGH && words.includes(query)) return query.length;
    let at = 0;
    let got = 0;
    let all = 0;
    for (const piece of words.split("…").map(flat)) {
      all += piece.length;
      const place = query.indexOf(piece, at);
      if (piece && place >= 0) {
        got += piece.length;
        at = place + piece.length;
      }
    }
    const whole = got >= ENOUGH && got >= SHARE * all;
    const cut = got >= LONG && got >= HALF * query.length; // the query is a part of the message
    return whole || cut ? got : 0;
  };

  const stem = (word) => {
    if (word.length > 4 && word.endsWith("ies")) return `${word.slice(0, -3)}y`;
    let rest = word;
    for (const end of ["ings", "ing", "ed", "es", "s", "e"]) {
      if (word.endsWith(end) && word.length - end.length >= 3 && !(end === "s" && /(ss|us|is)$/.test(word))) {
        rest = word.slice(0, -end.length);
        break;
      }
    }
    return /([^aeiouls])\1$/.test(rest) ? rest.slice(0, -1) : rest;
  };

  const stems = new Map();
  const stemmed = (text) => {
    const found = [];
    for (const word of text.toLowerCase().replace(/[’']s\b/g, "").match(/[\p{L}\p{N}_]+/gu) || []) {
      for (const part of (SAME.get(word) || word).split(" ")) {
        if (!stems.has(part)) stems.set(part, stem(part));
        found.push(stems.get(part));
      }
    }
    return found;
  };

  // data: rows of [page, heading, words]; the first row of a page has its title as the heading
  const prepared = (data) => {
    const titles = new Map();
    const counts = new Map();
    const sections = data.map(([page, heading, words]) => {
      const first = !titles.has(page);
      if (first) titles.set(page, new Set(stemmed(heading)));
      const section = { page, heading, first, inHeading: new Set(stemmed(heading)), inText: new Set(stemmed(words)) };
      section.weight = inText(section.inText.size);
      section.carrying = [...section.inHeading].filter((word) => !ASKING.has(word)).length || 1;
      for (const word of new Set([...section.inHeading, ...section.inText])) {
        counts.set(word, (counts.get(word) || 0) + 1);
      }
      return section;
    });
    return { sections, titles, counts };
  };

  const asked = (query) => {
    const asking = new Set([...ASKING].map(stem));
    const all = [...new Set(stemmed(query))];
    const carrying = all.filter((word) => !asking.has(word));
    return carrying.length ? carrying : all;
  };

  // [{page, heading, first, score}], the best first; score is 1 where one heading is the question
  const ranked = ({ sections, titles, counts }, query) => {
    const words = asked(query).filter((word) => counts.has(word));
    const rare = new Map(words.map((word) => [word, Math.log(1 + sections.length / counts.get(word))]));
    const all = [...rare.values()].reduce((sum, one) => sum + one, 0);
    const aTerm = TERM.test(query);
    const found = [];
    for (const section of sections) {
      let got = 0;
      let covered = 0;
      let inHeading = 0;
      for (const [word, weight] of rare) {
        const heading = section.inHeading.has(word);
        const text = section.inText.has(word);
        const title = titles.get(section.page).has(word);
        if (heading) inHeading += 1;
        if (heading || text || title) covered += weight;
        got += weight * Math.max(heading ? HEADING : 0, text ? section.weight : 0, title ? TITLE : 0);
      }
      if (!got) continue;
      const tight = inHeading / section.carrying; // a heading of these words alone
      let kind = (KINDS.find(([pattern]) => pattern.test(section.page)) || [0, 1])[1];
      if (section.heading.startsWith("minclip/")) kind = 0.4; // a table of files
      if (OPTION.test(query) && section.page === "reference/commands") kind = 3;
      if (aTerm && section.page === "docs/glossary" && inHeading) kind = 1.25;
      const score = (kind * (got / all) * (covered / all) * (1 + 0.4 * tight)) / (HEADING * 1.4);
      found.push({ page: section.page, heading: section.heading, first: section.first, score });
    }
    found.sort((a, b) => b.score - a.score || (a.page + a.heading < b.page + b.heading ? -1 : 1));
    const shown = new Map();
    return found.filter((one) => {
      shown.set(one.page, (shown.get(one.page) || 0) + 1);
      return one.score >= LEAST * found[0].score && shown.get(one.page) <= EACH;
    });
  };

  return { prepared, ranked, flat, matched };
})();

if (typeof module !== "undefined") module.exports = MinclipRanking;

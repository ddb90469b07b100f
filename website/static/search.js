// Sphinx's search, with three things more: an error is found by its words, a question is searched by the words that
// carry it, and a section whose heading holds them all comes first. It replaces two functions of searchtools.js.
"use strict";

(() => {
  const { errors, about } = window.MINCLIP_SEARCH;
  const ASKING = new Set(
    ("a about am an and any are as at be can could do does else error for from get go have help how i if in is it " +
      "make me mean means minclip my of on one or say should that the there this to use want way what when where " +
      "which who why will with would you your").split(" "),
  );
  // spelled otherwise here, as whole words
  const SPELLED = new Map([
    ["license", "licence"], ["color", "colour"], ["colors", "colours"], ["finetune", "fine tune"],
    ["finetuning", "fine tuning"], ["warmup", "warm up"], ["openclip", "open_clip"], ["huggingface", "hugging face"],
  ]);
  // the same within headings
  const SAME = new Map([["photo", "picture"], ["photos", "pictures"], ["image", "picture"], ["images", "pictures"]]);
  // where all else is equal
  const LIFTED = [
    [/^(CHANGELOG|benchmarks|docs\/contributing)/, -3], [/^docs\//, 2], [/^(reference|lessons)\//, 1],
  ];
  const ENOUGH = 10; // letters of an error that must be found
  const SHARE = 0.6; // of its letters

  const flat = (text) =>
    text.toLowerCase().replace(/["'`“”‘’]/g, "").replace(/\s+/g, " ").trim();

  // how many letters of a template stand in the query, in their order; 0 where they are too few
  const matched = (template, query) => {
    if (query.length >= ENOUGH && flat(template).includes(query)) return query.length;
    let at = 0;
    let got = 0;
    let all = 0;
    for (const piece of template.split("…").map(flat)) {
      all += piece.length;
      const place = query.indexOf(piece, at);
      if (piece && place >= 0) {
        got += piece.length;
        at = place + piece.length;
      }
    }
    return got >= ENOUGH && got >= SHARE * all ? got : 0;
  };

  const patch = () => {
    const parse = Search._parseQuery;
    const search = Search._performSearch;

    const known = (term) => {
      const { terms, titleterms } = Search._index;
      const within = (words) => Object.hasOwn(words, term) || Object.keys(words).some((word) => word.includes(term));
      return within(terms) || within(titleterms);
    };

    // the words that carry a question, of those that some page has
    Search._parseQuery = (asked) => {
      const query = asked.replace(/\w+/g, (word) => SPELLED.get(word) || word);
      const [text, terms, excluded, highlighted, objects] = parse(query);
      const stemmer = new Stemmer();
      const asking = new Set([...ASKING].map((word) => stemmer.stemWord(word)));
      for (const unwanted of [(term) => asking.has(term), (term) => !known(term)]) {
        const rest = [...terms].filter((term) => !unwanted(term));
        if (rest.length) {
          terms.clear();
          rest.forEach((term) => terms.add(term));
        }
      }
      return [text, terms, excluded, highlighted, objects];
    };

    // headings that hold all words of the query, also those that Sphinx does not search for, such as "own"; of three
    // words or more one may be missing
    const sections = (query) => {
      const { alltitles, docnames, filenames, titles } = Search._index;
      const stemmer = new Stemmer();
      const terms = new Set();
      for (const word of splitQuery(query.toLowerCase())) {
        const stem = stemmer.stemWord(SAME.get(word) || word);
        if (!ASKING.has(word) && (stopwords.has(word) || known(stem))) terms.add(stem);
      }
      if (!terms.size) return [];
      const found = [];
      for (const [title, places] of Object.entries(alltitles)) {
        const words = splitQuery(title.toLowerCase());
        const stems = new Set(words.map((word) => stemmer.stemWord(SAME.get(word) || word)));
        const missing = [...terms].filter((term) => !stems.has(term)).length;
        if (missing > (terms.size > 2 ? 1 : 0)) continue;
        const carrying = words.filter((word) => !ASKING.has(word)).length || 1;
        for (const [file, id] of places) {
          const whole = titles[file] === title;
          const score = (missing ? 5 : 20) + (30 * (terms.size - missing)) / carrying + (whole ? 5 : 0);
          const shown = whole ? title : `${titles[file]} > ${title}`;
          const anchor = whole || id === null ? "" : `#${id}`;
          found.push([docnames[file], shown, anchor, null, Math.round(score), filenames[file], "title"]);
        }
      }
      return found;
    };

    const said = (query) => {
      const words = flat(query);
      const { docnames, filenames } = Search._index;
      return errors
        .map(([template, page, anchor]) => [template, page, anchor, matched(template, words)])
        .filter((row) => row[3])
        .map(([template, page, anchor, got]) => [
          page, template, `#${anchor}`, "error", 100 + got, filenames[docnames.indexOf(page)], "title",
        ]);
    };

    // where no page has all words: the pages that have most of them
    const any = (terms, excluded) => {
      const counts = new Map();
      for (const term of terms) {
        for (const item of Search.performTermsSearch(new Set([term]), excluded)) {
          const words = (counts.get(item[0])?.[4] || 0) + 1;
          counts.set(item[0], [...item.slice(0, 4), words, ...item.slice(5)]);
        }
      }
      return [...counts.values()];
    };

    Search._performSearch = (query, terms, excluded, highlighted, objects) => {
      let found = search(query, terms, excluded, highlighted, objects);
      if (!found.length) found = any(terms, excluded);
      const places = new Map();
      for (const item of [...found, ...sections(query), ...said(query)]) {
        const place = item[0] + item[2];
        if (!places.has(place) || places.get(place)[4] < item[4]) places.set(place, item);
      }
      const lift = (item) => item[4] + (LIFTED.find(([pattern]) => pattern.test(item[0]))?.[1] || 0);
      // the best one last, as Sphinx shows them; of equal ones in the order of the alphabet
      const sorted = [...places.values()].sort((a, b) => lift(a) - lift(b) || (a[1] < b[1] ? 1 : -1));
      const described = (item) => [...item.slice(0, 3), about[item[0]] || null, ...item.slice(4)];
      return sorted.map((item) => (item[3] || item[2] ? item : described(item)));
    };
  };

  // before Search.init, which waits for the same moment and was registered later
  document.addEventListener("DOMContentLoaded", () => typeof Search === "undefined" || patch());
})();

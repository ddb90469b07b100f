// Sphinx's search, with two things more: an error is found by its words, and a question by the sections that answer it
// (ranking.js). It replaces a function of searchtools.js.
"use strict";

(() => {
  const { errors, about, sections } = window.MINCLIP_SEARCH;
  const BEST = 60; // the score of a heading that is the question; an error has 100 and more

  const { flat, matched } = MinclipRanking;
  const replaced = (item, at, value) => item.map((old, place) => (place === at ? value : old));

  const patch = () => {
    const search = Search._performSearch;
    const prepared = MinclipRanking.prepared(sections);

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

    // the sections that answer, with the anchors that Sphinx gave their headings
    const answers = (query) => {
      const { alltitles, docnames, filenames, titles } = Search._index;
      const anchors = new Map();
      for (const [title, places] of Object.entries(alltitles)) {
        for (const [file, id] of places) anchors.set(`${docnames[file]} ${flat(title)}`, id);
      }
      return MinclipRanking.ranked(prepared, query)
        .filter(({ page }) => docnames.includes(page))
        .map(({ page, heading, first, score }) => {
          const file = docnames.indexOf(page);
          const id = first ? null : anchors.get(`${page} ${flat(heading)}`);
          const shown = first ? titles[file] : `${titles[file]} > ${heading}`;
          return [page, shown, id ? `#${id}` : "", null, BEST * score, filenames[file], "title"];
        });
    };

    Search._performSearch = (query, terms, excluded, highlighted, objects) => {
      const ranked = answers(query);
      const pages = new Set(ranked.map(([page]) => page));
      // of Sphinx's own: names of the library, and pages that the ranking has not, such as those with a part of a word
      const others = search(query, terms, excluded, highlighted, objects)
        .filter((item) => item[6] === "object" || !pages.has(item[0]))
        .map((item) => replaced(item, 4, item[6] === "object" ? 3 * item[4] : item[4] / 10));
      const places = new Map();
      for (const item of [...said(query), ...ranked, ...others]) {
        const place = item[0] + item[2];
        if (!places.has(place) || places.get(place)[4] < item[4]) places.set(place, item);
      }
      // the best one last, as Sphinx shows them; of equal ones in the order of the alphabet
      const sorted = [...places.values()].sort((a, b) => a[4] - b[4] || (a[1] < b[1] ? 1 : -1));
      return sorted.map((item) => (item[3] || item[2] ? item : replaced(item, 3, about[item[0]] || null)));
    };
  };

  // before Search.init, which waits for the same moment and was registered later
  document.addEventListener("DOMContentLoaded", () => typeof Search === "undefined" || patch());
})();

'use strict';
(function () {
  var form = document.querySelector('form');
  var shown = document.getElementById('shown');
  var sections = Array.prototype.map.call(document.querySelectorAll('details.section'), function (section) {
    return {
      element: section,
      class: section.dataset.class,
      rows: Array.prototype.map.call(section.querySelectorAll('tr[data-editions]'), function (row) {
        return {
          element: row,
          text: (row.querySelector('th').textContent + ' ' + section.dataset.title).toLowerCase(),
          editions: row.dataset.editions.split(' '),
          verdicts: row.dataset.verdicts.split(' '),
          differs: row.dataset.differs === 'yes'
        };
      })
    };
  });
  var open = null; // the cell whose detail is shown

  function filter() {
    var words = form.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    var verdict = form.verdict.value, edition = form.edition.value;
    var wanted = verdict === 'missed' ? ['fail', 'error'] : [verdict];
    var differ = form.differ && form.differ.checked;
    var visible = 0, total = 0, classes = {};
    sections.forEach(function (section) {
      var some = false;
      section.rows.forEach(function (row) {
        var fits = (!form.class.value || form.class.value === section.class) &&
          (!edition || row.editions.indexOf(edition) >= 0) &&
          (!verdict || wanted.some(function (each) { return row.verdicts.indexOf(each) >= 0; })) &&
          (!differ || row.differs) &&
          words.every(function (word) { return row.text.indexOf(word) >= 0; });
        if (row.element.hidden === fits) row.element.hidden = !fits;
        var detail = row.element.nextElementSibling;
        if (detail && detail.className === 'detail') detail.hidden = !fits;
        total++;
        if (fits) { visible++; some = true; }
      });
      section.element.hidden = !some;
      if (some) classes[section.class] = true;
    });
    document.querySelectorAll('h2[data-class]').forEach(function (heading) {
      heading.hidden = !classes[heading.dataset.class];
    });
    shown.textContent = visible + ' of ' + total + ' clauses';
  }

  function close() {
    if (!open) return;
    open.setAttribute('aria-expanded', 'false');
    var detail = open.closest('tr').nextElementSibling;
    if (detail && detail.className === 'detail') detail.remove();
    open = null;
  }

  function element(name, text, className) {
    var made = document.createElement(name);
    if (text) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  // show puts what is known of a cell below its row.
  function show(cell) {
    close();
    open = cell;
    cell.setAttribute('aria-expanded', 'true');
    var row = cell.closest('tr');
    var detail = element('tr', '', 'detail'), box = element('td');
    box.colSpan = row.children.length;
    var head = element('div', '', 'detail-head');
    var heading = element('h4', cell.dataset.title);
    heading.tabIndex = -1;
    var button = element('button', 'Close', 'close');
    button.type = 'button';
    button.addEventListener('click', function () {
      close();
      history.replaceState(null, '', location.pathname + location.search);
      cell.focus();
    });
    head.append(heading, button);
    box.append(head);
    if (cell.dataset.vectors) box.append(element('p', 'Vectors: ' + cell.dataset.vectors));
    if (cell.dataset.note) box.append(element('p', cell.dataset.note));
    (cell.dataset.failures || '').split(' ').filter(Boolean).forEach(function (id, index) {
      var vector = document.getElementById(id);
      if (!vector) return;
      vector = vector.cloneNode(true);
      vector.removeAttribute('id');
      vector.open = index === 0;
      box.append(vector);
    });
    if (cell.dataset.more) box.append(element('p', cell.dataset.more));
    detail.append(box);
    row.after(detail);
    heading.focus({preventScroll: true});
  }

  function follow() {
    var id;
    try { id = decodeURIComponent(location.hash.slice(1)); } catch (error) { return; }
    var target = id && document.getElementById(id);
    if (!target) return;
    var row = target.closest('tr[data-editions]');
    if (row && row.hidden) { form.reset(); filter(); }
    for (var outer = target; outer; outer = outer.parentElement) {
      if (outer.tagName === 'DETAILS') outer.open = true;
    }
    if (target.matches('a.badge')) show(target);
    (row || target).scrollIntoView({block: row ? 'start' : 'nearest'});
  }

  form.hidden = false;
  form.addEventListener('input', filter);
  form.addEventListener('reset', function () { setTimeout(filter, 0); });
  form.addEventListener('submit', function (event) { event.preventDefault(); });
  document.getElementById('fold').addEventListener('click', function () { fold(false); });
  document.getElementById('unfold').addEventListener('click', function () { fold(true); });
  function fold(state) { sections.forEach(function (section) { section.element.open = state; }); }
  document.addEventListener('click', function (event) {
    var copy = event.target.closest('button.copy');
    if (copy) {
      var text = copy.parentElement.querySelector('pre').textContent;
      var done = function () { copy.textContent = 'Copied'; };
      var select = function () {
        getSelection().selectAllChildren(copy.parentElement.querySelector('pre'));
        copy.textContent = 'Selected';
      };
      if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, select);
      else select();
      return;
    }
    var cell = event.target.closest('a.badge');
    if (!cell) return;
    // A second click on the open cell closes it.
    if (cell === open) {
      event.preventDefault();
      close();
      history.replaceState(null, '', location.pathname + location.search);
    } else if (location.hash === cell.getAttribute('href')) {
      follow();
    }
  });
  document.addEventListener('keydown', function (event) {
    if (event.key === 'Escape' && open) {
      var cell = open;
      close();
      cell.focus();
    }
  });
  addEventListener('hashchange', follow);
  filter();
  follow();
})();

// Runs before the first paint: the theme and density of last time, so that nothing flashes (UX3).
(function () {
  var root = document.documentElement;
  try {
    var look = JSON.parse(localStorage.getItem('look') || '{}');
    if (look.theme === 'light' || look.theme === 'dark') root.dataset.theme = look.theme;
    root.dataset.density = look.density === 'comfortable' ? 'comfortable' : 'compact';
    if (look.locale === 'en' || look.locale === 'zh-CN') root.lang = look.locale;
  } catch {
    // A look that can't be read is the system's.
  }
})();

// A link to a row, from a grid or from another page, unfolds it; pytest-html's script knows only clicks.
const unfold = (hash) =>
  document.getElementById(hash.slice(1))?.querySelector(".collapsible > .col-result.collapsed")?.click()
document.addEventListener("click", ({ target }) => {
  const link = target.closest?.(".grid a")
  if (link) unfold(link.hash)
})
addEventListener("load", () => unfold(location.hash))

// Makes the day slider move the page without loading it anew. Everything works without it.
import { initAll } from './govuk-frontend.min.js'

initAll()

const DAY_MS = 86_400_000
const slider = document.querySelector('.slider')
if (slider) start(slider)

function start (slider) {
  const { first, today, page, show, basis, known, clock, span } = slider.dataset
  const row = slider.closest('[data-slider]')
  const words = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' })
  let asked = null
  let timer = 0
  let shown = location.search

  row.hidden = false
  document.body.classList.add('has-slider')

  slider.addEventListener('input', () => {
    const day = new Date(Date.parse(first) + Number(slider.value) * DAY_MS)
    slider.setAttribute('aria-valuetext', words.format(day))
    document.querySelector('[data-part=day] strong').textContent = words.format(day)
    clearTimeout(timer)
    timer = setTimeout(() => go(question(day.toISOString().slice(0, 10)), true), 60)
  })

  row.addEventListener('click', (event) => {
    const link = event.target.closest('a[data-step]')
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    if (link.hasAttribute('href')) go(new URL(link.href).search, true)
  })

  // Following a link to an event on this page comes here too, and must leave that event where it is.
  window.addEventListener('popstate', () => { if (location.search !== shown) go(location.search, false) })

  function question (day) {
    const asked = new URLSearchParams()
    if (show === 'recorded' && day !== today) {
      asked.set('as_at', day)
      asked.set('known_at', day)
      asked.set('basis', basis)
    } else if (show !== 'recorded') {
      asked.set('as_at', day)
      if (known) {
        asked.set('known_at', known)
        asked.set('basis', basis)
      }
    }
    if (clock) asked.set('clock', clock)
    if (span) asked.set('span', span)
    return asked.size ? `?${asked}` : ''
  }

  async function go (search, keep) {
    asked?.abort()
    asked = new AbortController()
    try {
      const reply = await fetch(`${page}/fragment${search}`, { signal: asked.signal })
      if (!reply.ok) throw new Error(reply.statusText)
      put(new DOMParser().parseFromString(await reply.text(), 'text/html'))
      shown = search
      if (keep) history.replaceState(null, '', page + search)
    } catch (error) {
      if (error.name !== 'AbortError') location.assign(page + search)
    }
  }

  function put (fresh) {
    for (const part of fresh.querySelectorAll('[data-part]')) {
      document.querySelector(`[data-part=${part.dataset.part}]`)?.replaceChildren(...part.childNodes)
    }
    const bar = fresh.querySelector('.as-at-bar')
    document.querySelector('.as-at-bar').className = bar.className
    for (const name of ['Previous', 'Next']) {
      const link = row.querySelector(`[data-step=${name}]`)
      const other = bar.querySelector(`[data-step=${name}]`)
      for (const attribute of ['href', 'title', 'role', 'aria-disabled']) {
        if (other.hasAttribute(attribute)) link.setAttribute(attribute, other.getAttribute(attribute))
        else link.removeAttribute(attribute)
      }
      link.lastElementChild.textContent = other.lastElementChild.textContent
    }
    const moved = fresh.querySelector('.slider')
    if (document.activeElement !== slider || moved.value !== slider.value) slider.value = moved.value
    slider.setAttribute('aria-valuetext', moved.getAttribute('aria-valuetext'))
    document.querySelector('#day').value = fresh.querySelector('#day').value
    const status = document.querySelector('[data-announce]')
    status.textContent = fresh.querySelector('[data-announce]').dataset.announce
  }
}

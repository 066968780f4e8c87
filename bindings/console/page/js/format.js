const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** A count, such as 12,345. @param {number} count */
export function count(count) {
  return whole.format(count);
}

/** A share as percent, such as 25.6 %. @param {number} share */
export function percent(share) {
  const value = share * 100;
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 9.95 || value === 0 ? 1 : 2;
  return `${value.toFixed(digits)} %`;
}

/** A time span, such as 2 min 18 s. @param {number} seconds */
export function duration(seconds) {
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return s % 60 === 0 ? `${s / 60} min` : `${Math.floor(s / 60)} min ${s % 60} s`;
  const minutes = Math.round(s / 60);
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A time on an axis, such as 1:30. @param {number} seconds */
export function clockTime(seconds) {
  const s = Math.round(seconds);
  const [h, m, rest] = [Math.floor(s / 3600), Math.floor((s % 3600) / 60), s % 60];
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(rest)}` : `${m}:${two(rest)}`;
}

/** Words as a list, such as "a, b and c". @param {string[]} words */
export function list(words) {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** `1 run`, `3 runs`. @param {number} n @param {string} one */
export function counted(n, one) {
  return `${count(n)} ${one}${n === 1 ? "" : "s"}`;
}

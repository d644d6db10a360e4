// Numbers and dates as the user's locale writes them.

const number = new Intl.NumberFormat();
const price = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 20 });
const instant = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });

export const formatNumber = (value) => number.format(value);
// A decimal in text, so that no digit is lost on the way.
export const formatPrice = (text) => price.format(text);
export const formatInstant = (iso) => instant.format(new Date(iso));
// A date is the same day in every time zone.
export const formatDate = (iso) => day.format(new Date(`${iso}T00:00Z`));
export const formatSeconds = (seconds) => instant.format(new Date(seconds * 1000));

// The exact product of a decimal in text and a whole number, in text.
export function times(decimal, count) {
  const [whole, fraction = ""] = decimal.split(".");
  const digits = (BigInt(whole + fraction) * BigInt(count)).toString().padStart(fraction.length + 1, "0");
  const point = digits.length - fraction.length;
  return fraction ? `${digits.slice(0, point)}.${digits.slice(point)}` : digits;
}

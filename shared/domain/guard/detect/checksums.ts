/** Province codes that begin an identity number (GB/T 2260). */
const PROVINCES = new Set(
  '11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83'.split(' '),
);
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_DIGITS = '10x98765432';

/** Resident identity number of 18 (GB 11643): province, a date of birth that exists from 1900 on, ISO 7064 mod 11-2. */
export function isIdNumber(text: string): boolean {
  if (!/^\d{17}[\dx]$/.test(text) || !hasRegion(text)) return false;
  if (!isDate(Number(text.slice(6, 10)), Number(text.slice(10, 12)), Number(text.slice(12, 14)))) return false;
  let sum = 0;
  for (let index = 0; index < 17; index++) sum += (WEIGHTS[index] as number) * (text.charCodeAt(index) - 48);
  return CHECK_DIGITS[sum % 11] === text[17];
}

/** The form of an identity number, checksum aside; also the old one of 15 digits. Only for numbers that are labelled so. */
export function looksLikeIdNumber(text: string): boolean {
  if (!hasRegion(text)) return false;
  if (/^\d{17}[\dx]$/.test(text))
    return isDate(Number(text.slice(6, 10)), Number(text.slice(10, 12)), Number(text.slice(12, 14)));
  return (
    /^\d{15}$/.test(text) &&
    isDate(1900 + Number(text.slice(6, 8)), Number(text.slice(8, 10)), Number(text.slice(10, 12)))
  );
}

function hasRegion(text: string): boolean {
  return PROVINCES.has(text.slice(0, 2));
}

function isDate(year: number, month: number, day: number): boolean {
  if (year < 1900 || year > 2099 || month < 1 || month > 12 || day < 1) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return day <= (days[month - 1] as number);
}

/** Luhn's checksum over a string of digits. */
export function isLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = digits.length - 1, double = false; index >= 0; index--, double = !double) {
    const digit = (digits.charCodeAt(index) - 48) * (double ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return sum % 10 === 0;
}

/**
 * Bank card: 16 to 19 digits, an issuer's prefix that cards here have (UnionPay 62, the older domestic 60, 90, 95, 94;
 * Visa 4, Mastercard 51–55 and 2221–2720, JCB 35, each of 16), and Luhn. Not all zeros or one digit repeated.
 */
export function isBankCard(digits: string): boolean {
  if (!/^\d{16,19}$/.test(digits) || /^(\d)\1*$/.test(digits)) return false;
  const domestic = /^(?:62|60|9[045])/.test(digits);
  const foreign = digits.length === 16 && /^(?:4|5[1-5]|35|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720))/.test(digits);
  return (domestic || foreign) && isLuhn(digits);
}

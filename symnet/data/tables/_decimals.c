/* Lines of decimal numbers, read into float32: what pyarrow reads too, in a fifth of its time.
 *
 * read_numbers(text, columns, numbers) fills rows of `numbers` and returns how many, or -1 where
 * anything stands in the text that is no plain decimal number, or where a line has another number of
 * fields: pyarrow then reads the piece, and says what is wrong.
 *
 * Every number is the float32 nearest to the text. Its digits are gathered as a whole number, which
 * is multiplied or divided by a power of ten as float64. Half a unit of a float64 is far less than one
 * of a float32, so that rounding once more gives the nearest one, unless the float64 lies where two
 * float32 meet: `at_the_middle` decides there, or leaves the piece to pyarrow.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#define MOST_DIGITS 19 /* of a uint64_t */
#define MOST_TENS 64
#define EXACT_TENS 22 /* 10**22 is the last that a float64 holds */
#define EXACT_WHOLE ((uint64_t)1 << 53)
#define MOST_ERROR 8 /* of `scaled`, in units of a float64: 1.5, and 0.5 for digits that are cut */
#define LEFT_OVER -1

static const double TENS[MOST_TENS + 1] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31, 1e32, 1e33,
    1e34, 1e35, 1e36, 1e37, 1e38, 1e39, 1e40, 1e41, 1e42, 1e43, 1e44, 1e45, 1e46, 1e47, 1e48, 1e49, 1e50,
    1e51, 1e52, 1e53, 1e54, 1e55, 1e56, 1e57, 1e58, 1e59, 1e60, 1e61, 1e62, 1e63, 1e64};

static const float SIGNS[] = {1, -1}; /* no branch, which would be guessed wrongly half the time */

/* digits * 10**tens; `cut` says that more digits, which are not zero, followed. */
typedef struct {
    uint64_t digits;
    int tens;
    int cut;
} Decimal;

static double scaled(uint64_t digits, int tens)
{
    return tens < 0 ? (double)digits / TENS[-tens] : (double)digits * TENS[tens];
}

/* How far, in units of a float64, a value lies beyond the middle of two float32. */
static int64_t beyond_middle(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (int64_t)(bits & 0x1FFFFFFF) - 0x10000000;
}

/* Round a decimal number near the middle of two float32; 0 where it cannot be told. */
static int at_the_middle(Decimal number, float *found)
{
    if (number.cut)
        return 0;
    while (number.digits % 10 == 0) {
        number.digits /= 10;
        number.tens++;
    }
    if (number.digits > EXACT_WHOLE || number.tens < -EXACT_TENS || number.tens > EXACT_TENS)
        return 0;
    /* Both operands are exact, so that the float64 is the nearest: it lies on the side of the middle
     * where the number lies, or right there. What it is away from the number, one fused step tells. */
    double value = scaled(number.digits, number.tens);
    if (beyond_middle(value) == 0) {
        double power = TENS[number.tens < 0 ? -number.tens : number.tens], whole = (double)number.digits;
        double away = number.tens < 0 ? -fma(value, power, -whole) : fma(whole, power, -value);
        if (away != 0)
            value = nextafter(value, away > 0 ? INFINITY : 0);
    }
    *found = (float)value;
    return 1;
}

static inline int rounded(Decimal number, float *found)
{
    if (number.digits == 0) {
        *found = 0.0f;
        return 1;
    }
    if (number.tens < -MOST_TENS || number.tens > MOST_TENS)
        return 0;
    double value = scaled(number.digits, number.tens);
    if (value < FLT_MIN || value > FLT_MAX) /* denormal, or beyond all */
        return 0;
    int64_t beyond = beyond_middle(value);
    if (-MOST_ERROR <= beyond && beyond <= MOST_ERROR)
        return at_the_middle(number, found);
    *found = (float)value;
    return 1;
}

static inline int is_digit(unsigned char character)
{
    return (unsigned char)(character - '0') <= 9;
}

#if defined(__GNUC__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define EIGHT_AT_ONCE 1
#else
#define EIGHT_AT_ONCE 0
#endif

#if EIGHT_AT_ONCE
static const uint64_t POWERS[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

/* Read up to eight digits of the eight bytes at a place, and return how many. Branches that depend on
 * the number of digits would be guessed wrongly time and again, and cost more than the reading. */
static inline int read_eight(const char *at, uint64_t *value)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    word ^= UINT64_C(0x3030303030303030);
    uint64_t others = ((word + UINT64_C(0x7676767676767676)) | word) & UINT64_C(0x8080808080808080);
    int count = others ? __builtin_ctzll(others) / 8 : 8;
    if (count == 0)
        return 0;
    word <<= 8 * (8 - count); /* digits become pairs, these fours, and these a number */
    word = (word * (10 * (1 << 8) + 1)) >> 8 & UINT64_C(0x00FF00FF00FF00FF);
    word = (word * (100 * (1 << 16) + 1)) >> 16 & UINT64_C(0x0000FFFF0000FFFF);
    *value = (word * (10000 * (UINT64_C(1) << 32) + 1)) >> 32;
    return count;
}
#endif

/* Read digits, of which none may be there, and return where they end.
 *
 * `room` is where eight bytes can be read for the last time. */
static inline const char *read_digits(const char *at, const char *room, Decimal *number, int after_point)
{
#if EIGHT_AT_ONCE
    uint64_t value;
    while (after_point && at <= room && number->digits < UINT64_C(10000000000)) {
        int count = read_eight(at, &value);
        if (count == 0)
            return at;
        number->digits = number->digits * POWERS[count] + value;
        number->tens -= after_point ? count : 0;
        at += count;
        if (count < 8)
            return at;
    }
#else
    (void)room;
#endif
    for (; is_digit((unsigned char)*at); at++) {
        int digit = *at - '0';
        if (number->digits < UINT64_C(1000000000000000000)) {
            number->digits = 10 * number->digits + (uint64_t)digit;
            number->tens -= after_point;
        } else {
            number->cut |= digit;
            number->tens += !after_point;
        }
    }
    return at;
}

/* Read one field, and return where it ends; NULL where it is anything but a plain number. */
static inline const char *read_field(const char *at, const char *room, float *found)
{
    Decimal number = {0, 0, 0};
    int negative = *at == '-';
    at += negative;
    const char *first = at;
    at = read_digits(at, room, &number, 0);
    Py_ssize_t count = at - first;
    if (*at == '.') {
        first = ++at;
        at = read_digits(at, room, &number, 1);
        count += at - first;
    }
    if (count == 0)
        return NULL;
    if (*at == 'e' || *at == 'E') {
        int down = *++at == '-', power = 0;
        at += down || *at == '+';
        if (!is_digit((unsigned char)*at))
            return NULL;
        for (; is_digit((unsigned char)*at); at++)
            if (power < 10000)
                power = 10 * power + (*at - '0');
        number.tens += down ? -power : power;
    }
    if (!rounded(number, found))
        return NULL;
    *found *= SIGNS[negative];
    return at;
}

/* `end` points at a byte that is no part of the text and stops every field: see read_numbers. */
static Py_ssize_t read_lines(const char *at, const char *end, Py_ssize_t columns, float *numbers,
                             Py_ssize_t rows)
{
    Py_ssize_t row = 0;
    while (at < end) {
        if (*at == '\n') { /* an empty line */
            at++;
            continue;
        }
        if (*at == '\r' && at + 1 < end && at[1] == '\n') {
            at += 2;
            continue;
        }
        if (row == rows)
            return LEFT_OVER;
        float *into = numbers + row * columns;
        for (Py_ssize_t column = 0; column < columns; column++) {
            if (column) {
                if (*at != ',')
                    return LEFT_OVER;
                at++;
            }
            at = read_field(at, end - 8, into + column);
            if (at == NULL || at > end)
                return LEFT_OVER;
        }
        if (at < end && *at == '\r')
            at++;
        if (at < end && *at++ != '\n')
            return LEFT_OVER;
        row++;
    }
    return row;
}

static PyObject *read_numbers(PyObject *module, PyObject *given)
{
    PyObject *text;
    Py_ssize_t columns, length;
    Py_buffer numbers;
    char *begin;
    (void)module;
    if (!PyArg_ParseTuple(given, "Snw*", &text, &columns, &numbers))
        return NULL;
    /* bytes end with a zero, which ends every field: no place has to be held against the end. */
    if (PyBytes_AsStringAndSize(text, &begin, &length) < 0) {
        PyBuffer_Release(&numbers);
        return NULL;
    }
    Py_ssize_t read = LEFT_OVER;
    if (FLT_EVAL_METHOD == 0 && columns > 0) { /* float64 must be computed as such */
        Py_ssize_t rows = numbers.len / (Py_ssize_t)sizeof(float) / columns;
        Py_BEGIN_ALLOW_THREADS
        read = read_lines(begin, begin + length, columns, numbers.buf, rows);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&numbers);
    return PyLong_FromSsize_t(read);
}

static PyMethodDef methods[] = {
    {"read_numbers", read_numbers, METH_VARARGS,
     "read_numbers(text, columns, numbers): fill rows of numbers from lines of text, return how many; "
     "-1 where another parser has to look."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_decimals", "Decimal numbers of CSV files.", 0, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__decimals(void)
{
    return PyModuleDef_Init(&definition);
}

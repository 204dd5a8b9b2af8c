/* What the index of texts says of a piece of text is what looking into each text says, in any
 * script, after kills, damage and a full disk, and while another copy reads. */
#include "base/utf8.h"
#include "store/disk/textindex.h"
#include "store/disk/textwords.h"
#include "tests/unit/disk_help.h"
#include "tests/unit/fails.h"
#include "tests/unit/harness.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static const struct textindex_key inbox = {"INBOX", 7}, other = {"INBOX", 8};

static unsigned roll(unsigned *seed, unsigned sides)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % sides;
}

/* --- words --- */

static const char *words_of(const char *text)
{
	struct wordset s = {0};
	char *folded = utf8_fold(text, strlen(text)), *said;

	textwords_add(&s, folded, strlen(folded));
	said = kept(mem_strdup(str_c(&s.words)));
	free(folded);
	wordset_done(&s);
	return said;
}

static void test_words(void **state)
{
	char nul[] = "a\0b";
	struct wordset s = {0};

	assert_string_equal(words_of(""), "");
	assert_string_equal(words_of(" ,;\n"), "");
	assert_string_equal(words_of("Grüße, Grüße und GRÜSSE-2!"), "grüsse\nund\n2\n");
	assert_string_equal(words_of("東京都 東"), "東京\n京都\n東\n");
	assert_string_equal(words_of("メール、です。"), "メー\nール\nです\n");
	assert_string_equal(words_of("abc会議x"), "abc\n会議\nx\n");
	assert_string_equal(words_of("“zitiert” — x\u00A0y"), "zitiert\nx\ny\n");
	assert_string_equal(words_of("안녕 하세요"), "안녕\n하세요\n");
	assert_string_equal(words_of("😀🎉 ok"), "😀🎉\nok\n");
	assert_string_equal(words_of("bad \xff\xfe bytes\xc3"), "bad\nbytes\n");
	textwords_add(&s, nul, 3);
	assert_string_equal(s.words.p, "a\nb\n");
	wordset_done(&s);
}

/* Words of one less, as many, and one more than are kept whole. */
static void test_long_words(void **state)
{
	char word[200];
	struct strv parts = STRV_INIT;

	for (size_t i = 0; i < sizeof(word) - 1; i++)
		word[i] = (char)('a' + (i * 7 + i / 26) % 26);
	for (size_t n = 2 * TEXTWORDS_PIECE - 1; n <= 2 * TEXTWORDS_PIECE + 1; n++) {
		char cut[200];
		const char *said;

		snprintf(cut, sizeof(cut), "%.*s", (int)n, word);
		said = words_of(cut);
		assert_int_equal(strcspn(said, "\n"), n > 64 ? 64 : n);
		assert_int_equal(strlen(said), n > 64 ? 65 + n - 32 + 1 : n + 1);
	}
	for (size_t n = TEXTWORDS_PIECE - 1; n <= TEXTWORDS_PIECE + 1; n++) {
		char cut[200];

		snprintf(cut, sizeof(cut), "%.*s", (int)n, word + 3);
		assert_int_equal(textwords_of_piece(&parts, cut), n <= TEXTWORDS_PIECE);
		assert_int_equal(parts.n, n <= TEXTWORDS_PIECE ? 1 : 2);
		strv_done(&parts);
	}
}

static void test_pieces(void **state)
{
	static const struct {
		const char *piece, *parts;
		bool exact;
	} rows[] = {
		{"schiff", "schiff ", true},
		{"", "", false},
		{" - ", "", false},
		{"zwei worte", "zwei worte ", false},
		{" eins", "eins ", false},
		{"eins.", "eins ", false},
		{"京", "京 ", true},
		{"東京", "東京 ", true},
		{"東京都庁", "東京 京都 都庁 ", false},
		{"x東京", "x 東京 ", false},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		struct strv parts = STRV_INIT;
		struct str said = STR_INIT;

		assert_int_equal(textwords_of_piece(&parts, rows[i].piece), rows[i].exact);
		for (size_t k = 0; k < parts.n; k++)
			str_addf(&said, "%s ", parts.v[k]);
		assert_string_equal(str_c(&said), rows[i].parts);
		strv_done(&parts);
		str_done(&said);
	}
}

/* --- an index, and the texts beside it --- */

static const char *const syllables[] = {"schiff", "dampf", "ver", "ung", "e", "ß", "grü", "x", "日",
	"本", "東京", "会議", "です", "メール", "한국", " ", " ", " ", " ", "\n", ", ", "-", "😀",
	"0", "47", "11", "й", "срок", "ไทย", "@", "example.org/?q=", "Й", "A", "Zebra"};

/* A text of that number, folded and on one line, as a search compares it; free(). */
static char *text_of(unsigned number)
{
	struct str s = STR_INIT;
	unsigned seed = number * 2654435761U + 1;
	char *folded;

	for (unsigned n = roll(&seed, 40); n > 0; n--)
		str_adds(&s, syllables[roll(&seed, MEM_COUNT(syllables))]);
	if (number % 50 == 0)
		for (unsigned n = 0; n < 30; n++)
			str_addf(&s, "%c%u", 'a' + (char)roll(&seed, 26), roll(&seed, 100));
	folded = utf8_fold(str_c(&s), s.len);
	str_done(&s);
	return folded;
}

static struct textindex_message message_of(uint32_t uid)
{
	struct wordset s = {0};
	char *text = text_of(uid);
	struct textindex_message m = {.uid = uid};

	textwords_add(&s, text, strlen(text));
	str_adds(&m.words, str_c(&s.words));
	wordset_done(&s);
	free(text);
	return m;
}

static int put_some(struct textindex *t, const struct textindex_key *key, uint32_t from, uint32_t n)
{
	struct textindex_message *v = mem_array(n, sizeof(*v));
	int rc;

	for (uint32_t i = 0; i < n; i++)
		v[i] = message_of(from + i);
	rc = textindex_put(t, key, v, n, NULL, 0, &why);
	for (uint32_t i = 0; i < n; i++)
		str_done(&v[i].words);
	free(v);
	return rc;
}

/* All that is said of the piece is so; how much it says without a look. */
static size_t check_piece(struct textindex *t, const struct textindex_key *key, const char *piece)
{
	struct textindex_answers *a;
	size_t told = 0;

	WORKS(textindex_find(t, key, &piece, 1, NULL, &a, &why));
	for (size_t i = 0; a->of[0] && i < a->n; i++) {
		char *text = text_of(a->uids[i]);
		bool has = strstr(text, piece) != NULL;

		if (a->of[0][i] == TEXTINDEX_NO ? has : a->of[0][i] == TEXTINDEX_YES && !has)
			fail_msg("'%s' in %u: '%s'", piece, (unsigned)a->uids[i], text);
		told += a->of[0][i] != TEXTINDEX_MAYBE;
		free(text);
	}
	textindex_answers_free(a);
	return told;
}

/* Some characters out of some text. */
static void cut_piece(char *out, size_t size, unsigned *seed, uint32_t texts)
{
	char *text = text_of(1 + roll(seed, texts));
	const char *p = text, *end = text + strlen(text), *from;

	for (unsigned n = roll(seed, 60); n > 0 && p < end; n--)
		utf8_next(&p, end);
	from = p;
	for (unsigned n = 1 + roll(seed, roll(seed, 4) ? 6 : 50); n > 0 && p < end; n--)
		utf8_next(&p, end);
	snprintf(out, size, "%.*s", (int)(p - from), from);
	free(text);
}

static struct textindex *opened(bool write)
{
	struct textindex *t;

	WORKS(textindex_open(&t, at("texts"), write, NULL, &why));
	return t;
}

static size_t how_many(struct textindex *t, const struct textindex_key *key)
{
	uint32_t *uids;
	size_t n;

	WORKS(textindex_has(t, key, &uids, &n, &why));
	for (size_t i = 1; i < n; i++)
		assert_true(uids[i - 1] < uids[i]);
	free(uids);
	return n;
}

static void test_brute(void **state)
{
	uint32_t texts = (uint32_t)harness_scale(4000);
	struct textindex *t = opened(true);
	unsigned seed = 1;
	size_t told = 0, asked = 0;
	char piece[400];

	for (uint32_t from = 1; from <= texts; from += 100)
		assert_int_equal(put_some(t, &inbox, from, 100), 0);
	assert_int_equal(put_some(t, &other, 4090, 10), 0);
	assert_int_equal(how_many(t, &other), 10);
	for (size_t i = 0; i < 150; i++) {
		cut_piece(piece, sizeof(piece), &seed, texts);
		told += check_piece(t, &inbox, piece);
		asked += how_many(t, &inbox);
	}
	assert_true(told > asked / 2);
	assert_int_equal(check_piece(t, &other, "nowhere"), 10);
	assert_true(check_piece(t, &inbox, "schiff") >= texts);
	assert_int_equal(check_piece(t, &inbox, "—"), 0);
	textindex_free(t);
}

static void test_gone(void **state)
{
	struct textindex *t = opened(true);
	uint32_t gone[] = {3, 4, 99, 4095, 4096, 4097, 50000};

	assert_int_equal(put_some(t, &inbox, 1, 10), 0);
	assert_int_equal(put_some(t, &inbox, 4094, 4), 0);
	assert_int_equal(put_some(t, &inbox, UINT32_MAX, 1), 0);
	assert_int_equal(how_many(t, &inbox), 15);
	WORKS(textindex_put(t, &inbox, NULL, 0, gone, MEM_COUNT(gone), &why));
	assert_int_equal(how_many(t, &inbox), 10);
	assert_int_equal(check_piece(t, &inbox, "e"), 10);
	/* what is said to be there anew is found once */
	assert_int_equal(put_some(t, &inbox, 1, 10), 0);
	assert_int_equal(check_piece(t, &inbox, "e"), 12);
	WORKS(textindex_put(t, &other, NULL, 0, gone, 1, &why));
	assert_int_equal(how_many(t, &other), 0);
	textindex_rest(t);
	textindex_free(t);
}

static off_t log_size(void)
{
	struct stat st;

	assert_int_equal(stat(at("texts-wal"), &st), 0);
	return st.st_size;
}

/* When much was written, its log gives back its room on the disk, though somebody has the index
 * open; what little there is waits. */
static void test_rest(void **state)
{
	struct textindex *t = opened(true), *reader;
	off_t little;

	assert_int_equal(put_some(t, &inbox, 1, 3), 0);
	little = log_size();
	textindex_rest(t);
	assert_true(little > 0 && log_size() == little);
	reader = opened(false);
	assert_int_equal(how_many(reader, &inbox), 3);
	for (uint32_t from = 4; log_size() <= 2 << 20; from += 50)
		assert_int_equal(put_some(t, &inbox, from, 50), 0);
	textindex_rest(t);
	assert_int_equal(log_size(), 0);
	check_piece(reader, &inbox, "schiff");
	assert_int_equal(put_some(t, &other, 1, 3), 0);
	assert_int_equal(how_many(reader, &other), 3);
	textindex_free(reader);
	textindex_free(t);
}

/* After as many as are kept went, with a thousand at least. */
static void test_worn(void **state)
{
	struct textindex *t = opened(true);
	uint32_t gone[1001];

	assert_int_equal(put_some(t, &inbox, 1, 2002), 0);
	for (uint32_t i = 0; i < MEM_COUNT(gone); i++)
		gone[i] = i + 1;
	WORKS(textindex_put(t, &inbox, NULL, 0, gone, 1000, &why));
	assert_false(textindex_worn(t));
	WORKS(textindex_put(t, &inbox, NULL, 0, gone + 1000, 1, &why));
	assert_false(textindex_worn(t));
	gone[0] = 2000;
	WORKS(textindex_put(t, &inbox, NULL, 0, gone, 1, &why));
	assert_true(textindex_worn(t));
	textindex_free(t);
	WORKS(textindex_clear(at("texts"), &why));
	FAILS(ERR_GONE, textindex_open(&t, at("texts"), false, NULL, &why));
}

static void test_damage(void **state)
{
	struct textindex *t;
	struct str bytes = STR_INIT;
	bool anew;

	FAILS(ERR_GONE, textindex_open(&t, at("texts"), false, NULL, &why));
	WORKS(textindex_open(&t, at("texts"), true, &anew, &why));
	assert_false(anew);
	assert_int_equal(put_some(t, &inbox, 1, 100), 0);
	textindex_free(t);
	unlink(at("texts-wal"));
	help_writes(at("texts"),
		"This is no file of SQLite, but a long text that somebody put here, for "
		"reasons of their own, of more than hundred bytes.");
	FAILS(ERR_DAMAGED, textindex_open(&t, at("texts"), false, NULL, &why));
	WORKS(textindex_open(&t, at("texts"), true, &anew, &why));
	assert_true(anew);
	assert_true(file_exists(at("texts.old")));
	assert_int_equal(how_many(t, &inbox), 0);
	assert_int_equal(put_some(t, &inbox, 1, 100), 0);
	textindex_free(t);
	/* of another version: the number in its head */
	t = opened(true);
	textindex_free(t);
	WORKS(file_read(at("texts"), 1 << 26, &bytes, &why));
	unlink(at("texts-wal"));
	unlink(at("texts-shm"));
	if (bytes.len > 64) {
		bytes.p[63] = 99;
		help_write(at("texts"), bytes.p, bytes.len);
	}
	str_done(&bytes);
	WORKS(textindex_open(&t, at("texts"), true, &anew, &why));
	assert_true(anew);
	textindex_free(t);
	/* where a directory is in the way */
	WORKS(textindex_clear(at("texts"), &why));
	assert_int_equal(mkdir(at("texts"), 0700), 0);
	assert_int_equal(mkdir(at("texts/x"), 0700), 0);
	FAILS(ERR_SYSTEM, textindex_open(&t, at("texts"), true, NULL, &why));
	FAILS(ERR_SYSTEM, textindex_clear(at("texts"), &why));
}

/* No file may grow further: what does not fit is not in it, and what was, stays. */
static void test_full(void **state)
{
	struct textindex *t = opened(true);
	struct rlimit before, small;
	uint32_t n = 0;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 1 << 20;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	while (n < 100000 && put_some(t, &inbox, n + 1, 100) == 0)
		n += 100;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_true(n > 0 && n < 100000);
	assert_int_equal(how_many(t, &inbox), n);
	check_piece(t, &inbox, "dampf");
	assert_int_equal(put_some(t, &inbox, n + 1, 100), 0);
	assert_int_equal(how_many(t, &inbox), n + 100);
	check_piece(t, &inbox, "dampf");
	textindex_free(t);
}

/* One reads what was there when it began, while the other writes. */
static void test_two(void **state)
{
	struct textindex *t = opened(true), *reader;
	atomic_bool stop = true;
	const char *piece = "schiff";
	struct textindex_answers *a;

	assert_int_equal(put_some(t, &inbox, 1, 200), 0);
	reader = opened(false);
	for (uint32_t from = 201; from < 1000; from += 100) {
		assert_int_equal(how_many(reader, &inbox), from - 1);
		check_piece(reader, &inbox, piece);
		assert_int_equal(put_some(t, &inbox, from, 100), 0);
	}
	FAILS(ERR_CANCELLED, textindex_find(reader, &inbox, &piece, 1, &stop, &a, &why));
	WORKS(textindex_clear(at("texts"), &why)); /* under its hands */
	assert_int_equal(how_many(reader, &inbox), 1000);
	check_piece(reader, &inbox, piece);
	textindex_free(reader);
	textindex_free(t);
}

/* --- killed --- */

struct shared {
	volatile uint32_t acked;
};

static void work_until_killed(struct shared *s, unsigned dice)
{
	struct textindex *t;

	if (dice % 4 == 0)
		harness_kill_me(dice % 3000);
	if (textindex_open(&t, at("texts"), true, NULL, &why) != 0)
		_exit(2);
	if (dice % 4 != 0)
		harness_kill_me(dice % 20000);
	for (;;) {
		uint32_t from = (uint32_t)how_many(t, &inbox) + 1;

		if (put_some(t, &inbox, from, 1 + dice % 40) != 0)
			_exit(3);
		s->acked = from + dice % 40;
	}
}

static void test_killed(void **state)
{
	struct shared *s = harness_shared(sizeof(*s));
	size_t kills = harness_scale(300);
	unsigned seed = 4711;

	s->acked = 0;
	for (size_t i = 0; i < kills; i++) {
		pid_t pid = fork();
		struct textindex *t;
		int status;
		bool anew;

		if (pid == 0)
			work_until_killed(s, roll(&seed, 30000));
		roll(&seed, 30000);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		WORKS(textindex_open(&t, at("texts"), true, &anew, &why));
		assert_false(anew);
		assert_true(how_many(t, &inbox) >= s->acked);
		if (i % 10 == 0 || i + 1 == kills) {
			check_piece(t, &inbox, "schiff");
			check_piece(t, &inbox, "東京");
		}
		textindex_free(t);
	}
	assert_true(s->acked > 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, help_setup, help_teardown)
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_words),
		cmocka_unit_test(test_long_words), cmocka_unit_test(test_pieces), T(test_brute),
		T(test_rest), T(test_gone), T(test_worn), T(test_damage), T(test_full), T(test_two),
		T(test_killed)};

	return cmocka_run_group_tests_name("textindex", tests, NULL, NULL);
}

#include <dirent.h>
#include "disk_help.h"
#include "store/disk/bodies.h"
#include "tests/unit/fails.h"

static struct bodies *opened(uint64_t max)
{
	struct bodies *b = NULL;

	assert_int_equal(bodies_open(&b, at("bodies"), max, NULL), 0);
	return b;
}

/* The path of the only file whose name has this part; the test has one folder. */
static const char *file_of(const char *part)
{
	static char path[512];
	char *dir, *name;

	dir = help_find(at("bodies"), "");
	assert_non_null(dir);
	snprintf(path, sizeof(path), "%s/%s", at("bodies"), dir);
	name = help_find(path, part);
	assert_non_null(name);
	snprintf(path, sizeof(path), "%s/%s/%s", at("bodies"), dir, name);
	return path;
}

static void test_put_get(void **state)
{
	static const char *const pieces[] = {"eml", "struct", "head", "1", "2.1.3", "1.MIME"};
	static const struct bodies_key keys[] = {{"INBOX", 1, 2}, {"INBOX", 1, 22}, {"INBOX", 2, 2},
		{"../../../etc", 1, 2}, {"", 1, 2}, {"a/b\n", 4294967295u, 4294967295u}};
	struct bodies *b = opened(1 << 20);
	struct str got = STR_INIT;
	char text[64];

	for (size_t k = 0; k < MEM_COUNT(keys); k++)
		for (size_t i = 0; i < MEM_COUNT(pieces); i++) {
			int len = snprintf(text, sizeof(text), "%zu %zu", k, i);

			assert_false(bodies_has(b, &keys[k], pieces[i]));
			assert_int_equal(
				bodies_put(b, &keys[k], pieces[i], text, (size_t)len, NULL), 0);
			assert_true(bodies_has(b, &keys[k], pieces[i]));
		}
	for (size_t k = 0; k < MEM_COUNT(keys); k++)
		for (size_t i = 0; i < MEM_COUNT(pieces); i++) {
			snprintf(text, sizeof(text), "before %zu %zu", k, i);
			str_clear(&got);
			str_adds(&got, "before ");
			assert_int_equal(bodies_get(b, &keys[k], pieces[i], &got, NULL), 0);
			assert_string_equal(got.p, text);
		}
	bodies_remove(b, keys[0].folder, keys[0].uidvalidity, &keys[0].uid, 1);
	assert_false(bodies_has(b, &keys[0], "eml"));
	assert_false(bodies_has(b, &keys[0], "2.1.3"));
	assert_true(bodies_has(b, &keys[1], "eml"));
	assert_true(bodies_has(b, &keys[2], "eml"));
	assert_int_equal(help_count(help_root), 1);
	assert_int_equal(help_count(at("bodies")), 4);
	str_done(&got);
	bodies_free(b);
}

static int readings; /* of directories */
DIR *__real_opendir(const char *path);
DIR *__wrap_opendir(const char *path);

DIR *__wrap_opendir(const char *path)
{
	readings++;
	return __real_opendir(path);
}

/* However many go: the folder is read once, and those between them stay. */
static void test_remove_many(void **state)
{
	enum { MANY = 100 };
	struct bodies *b = opened(1 << 20);
	struct bodies_key key = {"INBOX", 9, 0};
	uint32_t odd[MANY / 2];

	for (key.uid = 1; key.uid <= MANY; key.uid++) {
		assert_int_equal(bodies_put(b, &key, "eml", "x", 1, NULL), 0);
		if (key.uid % 2)
			odd[key.uid / 2] = key.uid;
	}
	readings = 0;
	bodies_remove(b, "INBOX", 9, odd, MANY / 2);
	assert_int_equal(readings, 1);
	for (key.uid = 1; key.uid <= MANY; key.uid++)
		assert_int_equal(bodies_has(b, &key, "eml"), key.uid % 2 == 0);
	bodies_remove(b, "INBOX", 8, odd, MANY / 2);
	bodies_remove(b, "elsewhere", 9, odd, MANY / 2);
	bodies_free(b);
}

/* A folder goes, or has another name: with all its bodies, and over what that name had before. */
static void test_folders(void **state)
{
	struct bodies *b = opened(1 << 20);
	struct bodies_key old = {"Old", 9, 1}, new = {"New", 9, 1}, stale = {"New", 9, 2};

	assert_int_equal(bodies_put(b, &old, "eml", "x", 1, NULL), 0);
	assert_int_equal(bodies_put(b, &stale, "eml", "y", 1, NULL), 0);
	bodies_rename(b, "Old", "New");
	assert_true(bodies_has(b, &new, "eml"));
	assert_false(bodies_has(b, &old, "eml"));
	assert_false(bodies_has(b, &stale, "eml"));
	bodies_rename(b, "nothing", "here");
	bodies_forget(b, "New");
	assert_false(bodies_has(b, &new, "eml"));
	bodies_forget(b, "nothing");
	bodies_free(b);
}

static void test_empty_replace(void **state)
{
	struct bodies *b = opened(1 << 20);
	struct bodies_key key = {"INBOX", 1, 2};
	struct str got = STR_INIT;

	assert_int_equal(bodies_put(b, &key, "1", "long text", 9, NULL), 0);
	assert_int_equal(bodies_put(b, &key, "1", "", 0, NULL), 0);
	assert_int_equal(bodies_get(b, &key, "1", &got, NULL), 0);
	assert_int_equal(got.len, 0);
	assert_int_equal(bodies_put(b, &key, "1", "a\0b", 3, NULL), 0);
	assert_int_equal(bodies_get(b, &key, "1", &got, NULL), 0);
	assert_int_equal(got.len, 3);
	assert_memory_equal(got.p, "a\0b", 3);
	str_done(&got);
	bodies_free(b);
}

static void test_bad_pieces(void **state)
{
	static const char *const table[] = {
		"", ".", "..", "../x", "/etc/passwd", "1/2", "a b", "1\n", "tmp", ".eml"};
	struct bodies *b = opened(1 << 20);
	struct bodies_key key = {"INBOX", 1, 2};
	struct str got = STR_INIT;

	for (size_t i = 0; i < MEM_COUNT(table); i++) {

		FAILS(ERR_INPUT, bodies_put(b, &key, table[i], "x", 1, &why));
		FAILS(ERR_GONE, bodies_get(b, &key, table[i], &got, &why));
		assert_false(bodies_has(b, &key, table[i]));
	}
	str_done(&got);
	bodies_free(b);
}

/* Every cut and every flipped bit is found; the file goes, so that the body is fetched again. */
static void test_damage(void **state)
{
	static const char text[] = "Subject: x\r\n\r\nbody\r\n";
	struct bodies *b = opened(1 << 20);
	struct bodies_key key = {"INBOX", 1, 2};
	struct str good = STR_INIT, got = STR_INIT;
	char path[512];

	assert_int_equal(bodies_put(b, &key, "eml", text, sizeof(text) - 1, NULL), 0);
	snprintf(path, sizeof(path), "%s", file_of(".eml"));
	assert_int_equal(file_read(path, 1000, &good, NULL), 0);
	for (size_t i = 0; i < good.len + good.len * 8; i++) {
		char *bad = mem_dup(good.p, good.len);
		size_t len = i < good.len ? i : good.len;

		if (i >= good.len)
			bad[(i - good.len) / 8] ^= (char)(1 << (i - good.len) % 8);
		help_write(path, bad, len);
		free(bad);
		FAILS(ERR_DAMAGED, bodies_get(b, &key, "eml", &got, &why));
		assert_int_equal(got.len, 0);
		assert_false(bodies_has(b, &key, "eml"));
		FAILS(ERR_GONE, bodies_get(b, &key, "eml", &got, &why));
	}
	help_write(path, good.p, good.len);
	assert_int_equal(bodies_get(b, &key, "eml", &got, NULL), 0);
	/* A link in its place is not followed. */
	help_write(at("elsewhere"), good.p, good.len);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(at("elsewhere"), path), 0);
	assert_int_equal(bodies_get(b, &key, "eml", &got, NULL), -1);
	str_done(&good);
	str_done(&got);
	bodies_free(b);
}

static void test_evict(void **state)
{
	struct bodies *b = opened(40 * 4096);
	char *big = mem_alloc(8000);
	struct str got = STR_INIT;
	size_t left = 0;

	for (uint32_t uid = 1; uid <= 40; uid++) {
		struct bodies_key key = {uid % 2 ? "odd" : "even", 1, uid};
		char part[32];
		DIR *d;
		struct dirent *de;

		assert_int_equal(bodies_put(b, &key, "eml", big, 8000, NULL), 0);
		/* Older ones have the lower UID. */
		snprintf(part, sizeof(part), "1.%u.eml", uid);
		d = opendir(at("bodies"));
		while ((de = readdir(d))) {
			char path[512];

			snprintf(path, sizeof(path), "%s/%s/%s", at("bodies"), de->d_name, part);
			if (file_exists(path))
				help_age(path, 10000 - (long)uid * 100);
		}
		closedir(d);
	}
	/* Reading the oldest makes it the youngest. */
	assert_int_equal(bodies_get(b, &(struct bodies_key){"odd", 1, 1}, "eml", &got, NULL), 0);
	bodies_evict(b);
	for (uint32_t uid = 1; uid <= 40; uid++) {
		struct bodies_key key = {uid % 2 ? "odd" : "even", 1, uid};

		left += bodies_has(b, &key, "eml");
		if (uid > 1 && uid < 20)
			assert_false(bodies_has(b, &key, "eml"));
	}
	assert_true(bodies_has(b, &(struct bodies_key){"odd", 1, 1}, "eml"));
	assert_true(bodies_has(b, &(struct bodies_key){"even", 1, 40}, "eml"));
	assert_in_range(left, 10, 20);
	bodies_evict(b);
	{
		size_t again = 0;

		for (uint32_t uid = 1; uid <= 40; uid++)
			again += bodies_has(
				b, &(struct bodies_key){uid % 2 ? "odd" : "even", 1, uid}, "eml");
		assert_int_equal(again, left);
	}
	bodies_free(b);
	/* Nothing may stay: the folders' directories go too; a put afterwards makes its own again.
	 */
	b = opened(0);
	bodies_evict(b);
	assert_int_equal(help_count(at("bodies")), 0);
	assert_int_equal(bodies_put(b, &(struct bodies_key){"odd", 1, 1}, "eml", "x", 1, NULL), 0);
	str_done(&got);
	free(big);
	bodies_free(b);
}

static void test_leftovers(void **state)
{
	struct bodies *b = opened(1 << 20);
	struct bodies_key key = {"INBOX", 1, 2};
	char path[600];

	assert_int_equal(bodies_put(b, &key, "eml", "x", 1, NULL), 0);
	snprintf(path, sizeof(path), "%s.aaaaaaaa.tmp", file_of(".eml"));
	help_writes(path, "half");
	bodies_evict(b);
	assert_true(file_exists(path));
	help_age(path, 3600);
	bodies_evict(b);
	assert_false(file_exists(path));
	assert_true(bodies_has(b, &key, "eml"));
	bodies_free(b);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, help_setup, help_teardown)
	const struct CMUnitTest tests[] = {T(test_put_get), T(test_remove_many), T(test_folders),
		T(test_empty_replace), T(test_bad_pieces), T(test_damage), T(test_evict),
		T(test_leftovers)};

	return cmocka_run_group_tests_name("bodies", tests, NULL, NULL);
}

#include "ui/prompt.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

/* All lines of all kinds fit in the file. */
enum { HISTORY_FILE_MAX = 4 << 20 };
_Static_assert(HISTORY_KINDS *HISTORY_MAX *(HISTORY_LINE_MAX + 10) < HISTORY_FILE_MAX,
	"a history that was saved can be read");

struct history {
	struct strv lines[HISTORY_KINDS];
	char *path; /* still to be read; NULL: nothing is */
	bool changed;
	struct err trouble; /* the file is there and cannot be read: it is left as it is */
};

static const char *const kind_names[HISTORY_KINDS] = {
	"none", "command", "search", "folder", "address", "path", "program"};

struct history *history_new(void)
{
	return mem_alloc(sizeof(struct history));
}

void history_free(struct history *h)
{
	if (!h)
		return;
	for (int i = 0; i < HISTORY_KINDS; i++)
		strv_done(&h->lines[i]);
	free(h->path);
	free(h);
}

static void drop_line(struct strv *v, size_t at)
{
	free(v->v[at]);
	memmove(v->v + at, v->v + at + 1, (v->n - at - 1) * sizeof(*v->v));
	v->n--;
}

static void add(struct history *h, enum history_kind kind, const char *line)
{
	struct strv *v = &h->lines[kind];
	size_t len = strlen(line);

	/* Completion leaves a blank at the end. */
	while (len && line[len - 1] == ' ')
		len--;
	/* A longer one is a text that was pasted: nobody looks for it by Up, and it would take the
	 * room of others. */
	if (kind == HISTORY_NONE || !len || len > HISTORY_LINE_MAX || strchr(line, '\n'))
		return;
	for (size_t i = 0; i < v->n; i++)
		if (strlen(v->v[i]) == len && strncmp(v->v[i], line, len) == 0) {
			drop_line(v, i);
			break;
		}
	/* Of what is remembered the oldest is forgotten, as everywhere. */
	if (v->n >= HISTORY_MAX)
		drop_line(v, 0);
	strv_addn(v, line, len);
}

static void read_file(struct history *h, const char *path)
{
	struct str s = STR_INIT;
	char *p, *next;

	if (file_read(path, HISTORY_FILE_MAX, &s, &h->trouble) < 0 && !file_exists(path))
		h->trouble.kind = ERR_NONE;
	for (p = s.p; p && *p; p = next) {
		char *space = strchr(p, ' ');

		next = strchr(p, '\n');
		if (next)
			*next++ = '\0';
		if (!space || (next && space > next))
			continue;
		*space = '\0';
		for (int i = 1; i < HISTORY_KINDS; i++)
			if (strcmp(kind_names[i], p) == 0) {
				char *clean = utf8_clean_line(space + 1, strlen(space + 1));

				add(h, (enum history_kind)i, clean);
				free(clean);
			}
	}
	str_done(&s);
}

/* The file is read when a line of it is asked for, or a line comes behind it. */
static void have_file(struct history *h)
{
	char *path = h->path;

	h->path = NULL;
	if (path)
		read_file(h, path);
	free(path);
}

void history_load(struct history *h, const char *path)
{
	free(h->path);
	h->path = mem_strdup(path);
}

void history_add(struct history *h, enum history_kind kind, const char *line)
{
	have_file(h);
	add(h, kind, line);
	h->changed = true;
}

const char *history_get(struct history *h, enum history_kind kind, size_t back)
{
	const struct strv *v = &h->lines[kind];

	have_file(h);
	return back >= 1 && back <= v->n ? v->v[v->n - back] : NULL;
}

int history_save(const struct history *h, const char *path, struct err *err)
{
	struct str s = STR_INIT;
	int rc;

	if (!h->changed)
		return 0;
	if (h->trouble.kind != ERR_NONE)
		return err_set(err, h->trouble.kind, "%s", h->trouble.text);
	for (int k = 1; k < HISTORY_KINDS; k++)
		for (size_t i = 0; i < h->lines[k].n; i++)
			str_addf(&s, "%s %s\n", kind_names[k], h->lines[k].v[i]);
	rc = file_replace(path, str_c(&s), s.len, 0600, err);
	str_done(&s);
	return rc;
}

void prompt_open(struct prompt *p, enum prompt_kind kind, const char *label, const char *initial)
{
	struct history *h = p->history;
	char *kill = p->kill;

	p->kill = NULL;
	prompt_close(p);
	p->history = h;
	p->kill = kill;
	p->active = true;
	p->kind = kind;
	p->label = mem_strdup(label);
	str_adds(&p->text, initial ? initial : "");
	p->cursor = p->text.len;
}

void prompt_close(struct prompt *p)
{
	struct history *h = p->history;

	if (p->text.p)
		mem_free_secret(str_steal(&p->text));
	free(p->label);
	free(p->choices);
	free(p->meanings);
	strv_done(&p->letters);
	free(p->kill);
	free(p->saved);
	strv_done(&p->found);
	str_done(&p->said);
	*p = (struct prompt){.history = h};
}

/* One character between "(" or "/" and "/" or ")". */
static void add_letters(struct strv *out, const char *label)
{
	for (const char *p = label; (p = strpbrk(p, "(/"));) {
		const char *s = ++p, *end = label + strlen(label);

		if (s < end)
			utf8_next(&p, end);
		if (*p == ')' || *p == '/')
			strv_addn(out, s, (size_t)(p - s));
		else
			p = s;
	}
}

void prompt_choices(struct prompt *p, const char *choices)
{
	struct str order = STR_INIT;

	p->choices = mem_strdup(choices);
	if (strchr(choices, 'y') && strchr(choices, 'n'))
		str_adds(&order, "yn");
	for (const char *c = choices; *c; c++)
		if (!order.len || !strchr(str_c(&order), *c))
			str_addc(&order, *c);
	add_letters(&p->letters, p->label);
	if (p->letters.n != order.len) {
		strv_done(&p->letters);
		for (size_t i = 0; i < order.len; i++)
			strv_addn(&p->letters, order.p + i, 1);
	}
	p->meanings = str_steal(&order);
}

/* --- editing --- */

static void insert(struct prompt *p, const char *s, size_t len)
{
	struct str tail = STR_INIT;

	p->full = p->text.len + len > PROMPT_TEXT_MAX;
	if (p->full)
		return;
	str_add(&tail, str_c(&p->text) + p->cursor, p->text.len - p->cursor);
	if (p->kind == PROMPT_PASSWORD && p->text.len + len + 1 > p->text.cap) {
		/* Growing may leave a copy of a secret behind: move it by hand. */
		struct str bigger = STR_INIT;

		str_room(&bigger, p->text.len + len + 256);
		str_add(&bigger, str_c(&p->text), p->text.len);
		if (p->text.p)
			mem_free_secret(str_steal(&p->text));
		p->text = bigger;
	}
	str_cut(&p->text, p->cursor);
	str_add(&p->text, s, len);
	p->cursor = p->text.len;
	str_add(&p->text, str_c(&tail), tail.len);
	mem_free_secret(str_steal(&tail));
}

static void erase(struct prompt *p, size_t from, size_t to)
{
	if (from >= to)
		return;
	memmove(p->text.p + from, p->text.p + to, p->text.len - to);
	str_cut(&p->text, p->text.len - (to - from));
	p->cursor = from;
}

static size_t char_before(const struct prompt *p, size_t at)
{
	const char *s = str_c(&p->text);

	/* Marks without a width belong to the character before them. */
	while (at > 0) {
		const char *q;

		at--;
		while (at > 0 && ((unsigned char)s[at] & 0xC0) == 0x80)
			at--;
		q = s + at;
		if (utf8_width(utf8_next(&q, s + p->text.len)) > 0)
			break;
	}
	return at;
}

static size_t char_after(const struct prompt *p, size_t at)
{
	const char *s = str_c(&p->text), *q = s + at, *end = s + p->text.len;

	if (q < end)
		utf8_next(&q, end);
	while (q < end) {
		const char *next = q;

		if (utf8_width(utf8_next(&next, end)) > 0)
			break;
		q = next;
	}
	return (size_t)(q - s);
}

static bool is_word(const struct prompt *p, size_t at)
{
	return !strchr(" /,;:@.<>\"", str_c(&p->text)[at]);
}

static size_t word_before(const struct prompt *p)
{
	size_t at = p->cursor;

	while (at > 0 && !is_word(p, at - 1))
		at--;
	while (at > 0 && is_word(p, at - 1))
		at--;
	return at;
}

static size_t word_after(const struct prompt *p)
{
	size_t at = p->cursor;

	while (at < p->text.len && !is_word(p, at))
		at++;
	while (at < p->text.len && is_word(p, at))
		at++;
	return at;
}

static void kill_range(struct prompt *p, size_t from, size_t to)
{
	if (from >= to)
		return;
	if (p->kind != PROMPT_PASSWORD) {
		free(p->kill);
		p->kill = mem_strndup(str_c(&p->text) + from, to - from);
	}
	erase(p, from, to);
}

static void replace_text(struct prompt *p, const char *s)
{
	str_clear(&p->text);
	str_adds(&p->text, s);
	p->cursor = p->text.len;
}

static void walk_history(struct prompt *p, int step)
{
	const char *line;

	if (!p->history || p->history_kind == HISTORY_NONE)
		return;
	if (step < 0 && p->back == 0)
		return;
	if (p->back == 0) {
		free(p->saved);
		p->saved = mem_strdup(str_c(&p->text));
	}
	if (step < 0 && p->back == 1) {
		p->back = 0;
		replace_text(p, p->saved);
		return;
	}
	line = history_get(p->history, p->history_kind, p->back + (step > 0 ? 1 : (size_t)-1));
	if (!line)
		return;
	p->back += step > 0 ? 1 : (size_t)-1;
	replace_text(p, line);
}

/* --- completion --- */

static size_t common_prefix(const struct strv *v)
{
	size_t len = strlen(v->v[0]);

	for (size_t i = 1; i < v->n; i++) {
		size_t k = 0;

		while (k < len && v->v[i][k] == v->v[0][k])
			k++;
		len = k;
	}
	return utf8_cut(v->v[0], strlen(v->v[0]), len);
}

static void put_completion(struct prompt *p, const char *s, size_t len)
{
	erase(p, p->found_start, p->cursor);
	insert(p, s, len);
}

static void stop_cycling(struct prompt *p)
{
	strv_done(&p->found);
	p->cycling = false;
}

static void complete(struct prompt *p, int step)
{
	char *line;
	size_t len;

	if (!p->complete)
		return;
	if (p->cycling && p->found.n > 1) {
		if (p->found_at == p->found.n) /* none so far */
			p->found_at = step > 0 ? 0 : p->found.n - 1;
		else
			p->found_at = (p->found_at + p->found.n + (size_t)step) % p->found.n;
		put_completion(p, p->found.v[p->found_at], strlen(p->found.v[p->found_at]));
		return;
	}
	stop_cycling(p);
	line = mem_strndup(str_c(&p->text), p->cursor);
	p->found_start = p->complete(p->ctx, line, &p->found);
	p->more = p->found.n > PROMPT_FOUND_MAX;
	while (p->found.n > PROMPT_FOUND_MAX)
		drop_line(&p->found, p->found.n - 1);
	if (p->found.n) {
		len = common_prefix(&p->found);
		if (len > p->cursor - p->found_start || p->found.n == 1) {
			put_completion(p, p->found.v[0], len);
		}
		if (p->found.n == 1) {
			const char *s = p->found.v[0];

			if (*s && s[strlen(s) - 1] != '/' && s[strlen(s) - 1] != '=')
				insert(p, " ", 1);
			stop_cycling(p);
		} else {
			p->cycling = true;
			p->found_at = p->found.n;
		}
	}
	free(line);
}

/* --- keys --- */

static bool edit_key(struct prompt *p, const char *k)
{
	if (!strcmp(k, "Left") || !strcmp(k, "Ctrl-B"))
		p->cursor = char_before(p, p->cursor);
	else if (!strcmp(k, "Right") || !strcmp(k, "Ctrl-F"))
		p->cursor = char_after(p, p->cursor);
	else if (!strcmp(k, "Home") || !strcmp(k, "Ctrl-A"))
		p->cursor = 0;
	else if (!strcmp(k, "End") || !strcmp(k, "Ctrl-E"))
		p->cursor = p->text.len;
	else if (!strcmp(k, "Alt-b"))
		p->cursor = word_before(p);
	else if (!strcmp(k, "Alt-f"))
		p->cursor = word_after(p);
	else if (!strcmp(k, "Backspace"))
		erase(p, char_before(p, p->cursor), p->cursor);
	else if (!strcmp(k, "Delete") || !strcmp(k, "Ctrl-D"))
		erase(p, p->cursor, char_after(p, p->cursor));
	else if (!strcmp(k, "Ctrl-K"))
		kill_range(p, p->cursor, p->text.len);
	else if (!strcmp(k, "Ctrl-U"))
		kill_range(p, 0, p->cursor);
	else if (!strcmp(k, "Ctrl-W") || !strcmp(k, "Alt-Backspace"))
		kill_range(p, word_before(p), p->cursor);
	else if (!strcmp(k, "Alt-d"))
		kill_range(p, p->cursor, word_after(p));
	else if (!strcmp(k, "Ctrl-Y") && p->kill)
		insert(p, p->kill, strlen(p->kill));
	else if (!strcmp(k, "Up") || !strcmp(k, "Ctrl-P"))
		walk_history(p, 1);
	else if (!strcmp(k, "Down") || !strcmp(k, "Ctrl-N"))
		walk_history(p, -1);
	else
		return false;
	return true;
}

static enum prompt_result choice_key(struct prompt *p, const char *k)
{
	char *key = utf8_fold(k, strlen(k));
	char answer = '\0';

	if (!strcmp(k, "Enter"))
		answer = p->choices[0];
	for (size_t i = 0; i < p->letters.n && !answer; i++) {
		char *letter = utf8_fold(p->letters.v[i], strlen(p->letters.v[i]));

		if (strcmp(letter, key) == 0)
			answer = p->meanings[i];
		free(letter);
	}
	/* The letters of the source, where the label has given them to nothing else. */
	if (!answer && key[0] && !key[1] && strchr(p->choices, *key))
		answer = *key;
	free(key);
	if (!answer)
		return PROMPT_MORE;
	replace_text(p, (char[]){answer, '\0'});
	return PROMPT_DONE;
}

static void insert_paste(struct prompt *p, const char *paste)
{
	char *line = utf8_clean_line(paste, strlen(paste));
	size_t len = strlen(line);

	while (len && line[len - 1] == ' ')
		len--;
	insert(p, line, len);
	mem_free_secret(line);
}

enum prompt_result prompt_key(struct prompt *p, const char *name, const char *paste)
{
	bool tab = !strcmp(name, "Tab"), back = !strcmp(name, "Shift-Tab");

	p->full = false;
	if (!strcmp(name, "Esc") || !strcmp(name, "Ctrl-G") || !strcmp(name, "Ctrl-C"))
		return PROMPT_CANCELLED;
	if (p->kind == PROMPT_CHOICE)
		return choice_key(p, name);
	if (tab || back) {
		complete(p, tab ? 1 : -1);
		return PROMPT_MORE;
	}
	stop_cycling(p);
	if (paste) {
		insert_paste(p, paste);
	} else if (!strcmp(name, "Enter")) {
		if (p->history && p->kind == PROMPT_LINE)
			history_add(p->history, p->history_kind, str_c(&p->text));
		return PROMPT_DONE;
	} else if (edit_key(p, name)) {
		/* Done. */
	} else if (!strcmp(name, "Space")) {
		insert(p, " ", 1);
	} else {
		const char *q = name, *end = name + strlen(name);

		utf8_next(&q, end);
		if (q == end)
			insert(p, name, strlen(name));
	}
	return PROMPT_MORE;
}

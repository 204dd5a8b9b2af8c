#include "ui/keys.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "ui/ui.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char default_keys[] =
#include "ui/default-keys.inc"
	;

struct keys {
	struct key_binding *v;
	size_t n, cap;
	unsigned version;
};

#define NAME(BIT, name) #name,
static const char *const names[UI_CONTEXTS] = {UI_SCREENS(NAME)};

static int context_index(unsigned context)
{
	for (int i = 0; i < UI_CONTEXTS; i++)
		if (context == 1u << i)
			return i;
	return -1;
}

const char *keys_context_name(unsigned context)
{
	int i = context_index(context);

	return i < 0 ? "all" : names[i];
}

const char *keys_context_title(unsigned context)
{
	int i = context_index(context);

	return i < 0 ? _("Everywhere") : _(ui_views[i]->label);
}

unsigned keys_context(const char *name)
{
	if (strcmp(name, "all") == 0)
		return UI_ANY;
	for (int i = 0; i < UI_CONTEXTS; i++)
		if (strcmp(names[i], name) == 0)
			return 1u << i;
	return 0;
}

static struct key_binding *find_exact(const struct keys *k, unsigned context, const char *key)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->v[i].context == context && k->v[i].key[0] == *key &&
			strcmp(k->v[i].key, key) == 0)
			return &k->v[i];
	return NULL;
}

static int no_screen(const char *context, struct err *err)
{
	struct str all = STR_INIT;

	for (int i = 0; i < UI_CONTEXTS; i++)
		str_addf(&all, "%s%s", i ? ", " : "", names[i]);
	err_set(err, ERR_INPUT, _("there is no screen “%s”: %s or all"), context, str_c(&all));
	str_done(&all);
	return -1;
}

static int check(const char *context, const char *key, unsigned *bit, char name[KEYNAME_SIZE],
	struct err *err)
{
	*bit = keys_context(context);
	if (!*bit)
		return no_screen(context, err);
	if (!keyname_read(key, name))
		return err_set(err, ERR_INPUT,
			_("there is no key “%s”: a character, ^X, Alt-x, Enter, PageDown, F1 ..."),
			key);
	return 0;
}

int keys_bind(struct keys *k, const char *context, const char *key, const char *command,
	const char *note, struct err *err)
{
	struct key_binding *b;
	char name[KEYNAME_SIZE];
	unsigned bit;

	if (check(context, key, &bit, name, err) < 0)
		return -1;
	b = find_exact(k, bit, name);
	if (!b) {
		k->v = mem_grow(k->v, &k->cap, k->n + 1, sizeof(*k->v));
		b = &k->v[k->n++];
		*b = (struct key_binding){.context = bit};
		memcpy(b->key, name, sizeof(b->key));
	}
	free(b->command);
	free(b->note);
	b->command = mem_strdup(command);
	b->note = mem_strdup(note ? note : "");
	k->version++;
	return 0;
}

int keys_unbind(struct keys *k, const char *context, const char *key, struct err *err)
{
	struct key_binding *b;
	char name[KEYNAME_SIZE];
	unsigned bit;

	if (check(context, key, &bit, name, err) < 0)
		return -1;
	b = find_exact(k, bit, name);
	if (!b)
		return err_set(err, ERR_INPUT, _("the key %s does nothing there"), name);
	free(b->command);
	free(b->note);
	memmove(b, b + 1, (size_t)(k->v + k->n - (b + 1)) * sizeof(*b));
	k->n--;
	k->version++;
	return 0;
}

const struct key_binding *keys_find(const struct keys *k, unsigned context, const char *key)
{
	const struct key_binding *b = find_exact(k, context, key);

	return b ? b : find_exact(k, UI_ANY, key);
}

const char *keys_of(const struct keys *k, unsigned context, const char *command)
{
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < k->n; i++) {
			const struct key_binding *b = &k->v[i];

			if (b->context == (pass ? UI_ANY : context) &&
				strcmp(b->command, command) == 0 &&
				keys_find(k, context, b->key) == b)
				return b->key;
		}
	return NULL;
}

unsigned keys_version(const struct keys *k)
{
	return k->version;
}

size_t keys_count(const struct keys *k)
{
	return k->n;
}

const struct key_binding *keys_at(const struct keys *k, size_t i)
{
	return &k->v[i];
}

struct keys *keys_new(void)
{
	struct conf_errors errors = {0};
	struct conf_block *block = conf_parse(default_keys, strlen(default_keys), &errors);
	struct keys *k = mem_alloc(sizeof(*k));

	for (size_t i = 0; i < block->n; i++) {
		const struct conf_word *w = block->lines[i].words;
		int bad = block->lines[i].n < 4 ||
			  keys_bind(k, w[1].text, w[2].text, w[3].text,
				  block->lines[i].n > 4 ? w[4].text : "", NULL) < 0;

		assert(!bad);
		(void)bad;
	}
	conf_free(block);
	conf_errors_done(&errors);
	return k;
}

void keys_free(struct keys *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->n; i++) {
		free(k->v[i].command);
		free(k->v[i].note);
	}
	free(k->v);
	free(k);
}

static void manual_escape(struct str *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '\\')
			str_adds(out, "\\e");
		else if (*s == '-')
			str_adds(out, "\\-");
		else if (s[0] == '.' || s[0] == '\'' || s[0] == '"')
			str_addf(out, "\\&%s%c", s[0] == '"' ? "\\(dq\\&" : "",
				s[0] == '"' ? ' ' : s[0]);
		else
			str_addc(out, *s);
	}
}

void keys_manual(struct str *out)
{
	struct keys *k = keys_new();

	for (int c = -1; c < UI_CONTEXTS; c++) {
		unsigned bit = c < 0 ? UI_ANY : 1u << c;

		str_addf(out, ".Ss %s (%s)\n.Bl -tag -width \"Backspace\" -compact\n",
			c < 0 ? "Everywhere" : ui_views[c]->label, keys_context_name(bit));
		for (size_t i = 0; i < k->n; i++) {
			if (k->v[i].context != bit)
				continue;
			str_adds(out, ".It Ic \"\\&");
			manual_escape(out, k->v[i].key);
			str_adds(out, "\"\n\\&");
			manual_escape(out, k->v[i].command);
			str_addc(out, '\n');
		}
		str_adds(out, ".El\n");
	}
	keys_free(k);
}

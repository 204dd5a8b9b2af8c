#include "store/disk/cache_priv.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "store/disk/bytes.h"

#include <string.h>

const char log_magic[8] = {'T', 'L', 'R', 'H', 'D', 'R', 'S', '\n'};

void log_header_encode(unsigned char out[WAL_USER_HEADER], const struct log_header *h)
{
	store32(out, h->gen);
	store32(out + 4, h->meta_crc);
	store64(out + 8, h->base_size);
	memcpy(out + 16, h->key, 16);
	store64(out + 32, h->folder);
}

void log_header_decode(struct log_header *h, const unsigned char in[WAL_USER_HEADER])
{
	h->gen = load32(in);
	h->meta_crc = load32(in + 4);
	h->base_size = load64(in + 8);
	memcpy(h->key, in + 16, 16);
	h->folder = load64(in + 32);
}

/* Together below the 64 KiB of a string page's heap. */
enum {
	MAX_KEYWORDS = 4096,
	MAX_NAME = 1024,
	MAX_SUBJECT = 4096,
	MAX_ID = 1024,
	MAX_REFERENCES = 8192,
	MAX_RECIPIENTS = 20000,
};

static void put_string(struct str *out, const char *s, size_t max)
{
	size_t len = strlen(s);

	if (len > max)
		len = utf8_cut(s, len, max);
	bytes_add(out, s, len);
	str_addc(out, '\0');
}

static void put_references(struct str *out, const char *s)
{
	size_t len = strlen(s);

	if (len > MAX_REFERENCES) {
		const char *space = strchr(s + len - MAX_REFERENCES, ' ');

		s = space ? space + 1 : s + len;
	}
	put_string(out, s, MAX_REFERENCES);
}

void log_add_encode(struct str *out, const struct summary *s, uint32_t parent)
{
	bytes_add32(out, s->uid);
	bytes_add32(out, s->flags & ~ROW_DEAD);
	bytes_add32(out, s->received);
	bytes_add32(out, s->sent);
	bytes_add32(out, s->size);
	bytes_add32(out, parent);
	bytes_add(out, s->identity, 16);
	put_string(out, s->keywords, MAX_KEYWORDS);
	put_string(out, s->from_name, MAX_NAME);
	put_string(out, s->from_mail, MAX_NAME);
	put_string(out, s->to, MAX_RECIPIENTS);
	put_string(out, s->subject, MAX_SUBJECT);
	put_string(out, s->message_id, MAX_ID);
	put_references(out, s->references);
	put_string(out, s->file, MAX_NAME);
	put_string(out, s->cc, MAX_RECIPIENTS);
}

int log_add_decode(
	struct summary *s, uint32_t *parent, bool *old, const unsigned char *p, size_t len)
{
	const char **to[] = {&s->keywords, &s->from_name, &s->from_mail, &s->to, &s->subject,
		&s->message_id, &s->references, &s->file, &s->cc};
	const unsigned char *end = p + len;

	if (len < 40)
		return -1;
	s->uid = load32(p);
	s->flags = load32(p + 4);
	s->received = load32(p + 8);
	s->sent = load32(p + 12);
	s->size = load32(p + 16);
	*parent = load32(p + 20);
	memcpy(s->identity, p + 24, 16);
	p += 40;
	s->cc = "";
	*old = false;
	for (size_t i = 0; i < MEM_COUNT(to); i++) {
		const unsigned char *nul = memchr(p, '\0', (size_t)(end - p));

		*old = p == end && to[i] == &s->cc;
		if (*old)
			break;
		if (!nul)
			return -1;
		*to[i] = (const char *)p;
		p = nul + 1;
	}
	return p == end && s->uid ? 0 : -1;
}

void log_flags_encode(struct str *out, const struct log_flags *f)
{
	bytes_add32(out, f->uid);
	bytes_add32(out, f->clear & ~ROW_DEAD);
	bytes_add32(out, f->set & ~ROW_DEAD);
	if (f->keywords)
		put_string(out, f->keywords, MAX_KEYWORDS);
}

int log_flags_decode(struct log_flags *f, const unsigned char *p, size_t len)
{
	if (len < 12 || (len > 12 && p[len - 1] != '\0'))
		return -1;
	f->uid = load32(p);
	f->clear = load32(p + 4);
	f->set = load32(p + 8);
	f->keywords = len > 12 ? (const char *)p + 12 : NULL;
	return 0;
}

void log_meta_encode(struct str *out, const struct cache_meta *m)
{
	bytes_add32(out, m->uidvalidity);
	bytes_add32(out, m->uidnext);
	bytes_add64(out, m->highestmodseq);
	bytes_add32(out, m->exists);
	bytes_add32(out, m->complete);
}

int log_meta_decode(struct cache_meta *m, const unsigned char *p, size_t len)
{
	if (len < 24)
		return -1;
	m->uidvalidity = load32(p);
	m->uidnext = load32(p + 4);
	m->highestmodseq = load64(p + 8);
	m->exists = load32(p + 16);
	m->complete = load32(p + 20) == 1;
	return 0;
}

char *cache_file(const char *dir, const char *name)
{
	return file_join(dir, name);
}

uint64_t cache_folder_hash(const unsigned char key[16], const char *folder)
{
	return hash_sip(key, folder, strlen(folder));
}

#include "mime/kind.h"

#include "base/mem.h"
#include "base/str.h"
#include "mime/build.h"

#include <string.h>

enum family { UNKNOWN, TEXT, IMAGE, MEDIA, PDF, PACKED, OFFICE, PROGRAM };

/* By the beginning of a type; the first that fits. */
static const struct {
	const char *begins;
	enum family family;
	bool archive;
} families[] = {
	{"text/x-shellscript", PROGRAM, false},
	{"text/x-msdos-batch", PROGRAM, false},
	{"text/rtf", OFFICE, false},
	{"text/", TEXT, false},
	{"message/", TEXT, false},
	{"image/svg", TEXT, false},
	{"image/", IMAGE, false},
	{"audio/", MEDIA, false},
	{"video/", MEDIA, false},
	{"application/ogg", MEDIA, false},
	{"application/pdf", PDF, false},
	{"application/json", TEXT, false},
	{"application/xml", TEXT, false},
	{"application/javascript", TEXT, false},
	{"application/mbox", TEXT, false},
	{"application/pgp-", TEXT, false},
	{"application/ics", TEXT, false},
	{"application/zip", PACKED, true},
	{"application/x-zip", PACKED, true},
	{"application/x-tar", PACKED, true},
	{"application/x-gtar", PACKED, true},
	{"application/gzip", PACKED, true},
	{"application/x-gzip", PACKED, true},
	{"application/x-compressed-tar", PACKED, true},
	{"application/x-bzip2", PACKED, true},
	{"application/x-xz", PACKED, true},
	{"application/zstd", PACKED, true},
	{"application/x-zstd", PACKED, true},
	{"application/x-7z-compressed", PACKED, true},
	{"application/x-rar", PACKED, true},
	{"application/vnd.rar", PACKED, true},
	{"application/x-cpio", PACKED, true},
	{"application/vnd.ms-cab-compressed", PACKED, true},
	{"application/java-archive", PACKED, true},
	{"application/epub+zip", PACKED, false},
	{"application/vnd.openxmlformats", OFFICE, false},
	{"application/vnd.oasis.opendocument", OFFICE, false},
	{"application/vnd.ms-", OFFICE, false},
	{"application/msword", OFFICE, false},
	{"application/rtf", OFFICE, false},
	{"application/x-ole-storage", OFFICE, false},
	{"application/cdfv2", OFFICE, false},
	{"application/x-dosexec", PROGRAM, false},
	{"application/vnd.microsoft.portable-executable", PROGRAM, false},
	{"application/x-msdownload", PROGRAM, false},
	{"application/x-msi", PROGRAM, false},
	{"application/x-executable", PROGRAM, false},
	{"application/x-pie-executable", PROGRAM, false},
	{"application/x-sharedlib", PROGRAM, false},
	{"application/x-mach-binary", PROGRAM, false},
	{"application/x-ms-shortcut", PROGRAM, false},
	{"application/vnd.android.package-archive", PROGRAM, false},
};

/* What systems run by its name alone. */
static const char *const programs[] = {"exe", "com", "scr", "bat", "cmd", "pif", "msi", "lnk",
	"hta", "vbs", "vbe", "js", "jse", "wsf", "wsh", "ps1", "jar", "apk", "app", "desktop",
	"sh"};

static size_t row_of(const char *type)
{
	size_t i = 0;

	while (i < MEM_COUNT(families) && !str_istarts(type, families[i].begins))
		i++;
	return i;
}

static enum family family_of(const char *type)
{
	size_t i = row_of(type);

	return i < MEM_COUNT(families) ? families[i].family : UNKNOWN;
}

static bool runs_by_name(const char *name)
{
	const char *dot = name ? strrchr(name, '.') : NULL;

	for (size_t i = 0; dot && i < MEM_COUNT(programs); i++)
		if (str_icmp(dot + 1, programs[i]) == 0)
			return true;
	return false;
}

static bool is_vague(const char *type)
{
	return !*type || str_icmp(type, "application/octet-stream") == 0 ||
	       str_icmp(type, "application/x-unknown") == 0 ||
	       str_icmp(type, "application/force-download") == 0;
}

/* Old office programs write these under their own names, too: HTML tables, RTF, zip files. */
static bool goes_for(enum family promised, enum family found)
{
	return found == promised || (promised == OFFICE && (found == TEXT || found == PACKED)) ||
	       (promised == PACKED && found == OFFICE);
}

enum kind_doubt kind_doubt(const char *name, const char *declared, const char *found)
{
	const char *by_name = name ? build_type(name) : NULL;
	enum family is = family_of(found), promised = family_of(by_name              ? by_name
								: is_vague(declared) ? ""
										     : declared);

	if (runs_by_name(name) || (is == PROGRAM && !str_istarts(found, "text/")))
		return KIND_PROGRAM;
	/* A script among texts is read, not run. */
	if (is == PROGRAM)
		return promised == TEXT || promised == UNKNOWN ? KIND_FINE : KIND_PROGRAM;
	return is == UNKNOWN || promised == UNKNOWN || goes_for(promised, is) ? KIND_FINE
									      : KIND_DIFFERS;
}

const char *kind_type(const char *name, const char *declared, const char *found)
{
	const char *by_name = name ? build_type(name) : NULL;

	if (!is_vague(declared))
		return declared;
	if (by_name)
		return by_name;
	return *found ? found : declared;
}

bool kind_is_text(const char *type)
{
	return family_of(type) == TEXT || str_istarts(type, "text/x-");
}

bool kind_is_archive(const char *type)
{
	size_t i = row_of(type);

	return i < MEM_COUNT(families) && families[i].archive;
}

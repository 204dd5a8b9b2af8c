/* Messages and folders as JSON: whatever is in a text, what is printed is JSON of harmless bytes.
 */

#include "engine/engine.h"
#include "ui/json.h"
#include "tests/check.h"

#include <stdlib.h>
#include <string.h>

static void test_row(void **state)
{
	struct msg_row row = {.uid = 7,
		.flags = MAIL_SEEN | MAIL_ATTACHMENT,
		.from_name = "A \"b\"",
		.from_mail = "a@x.org",
		.to = "b@x.org",
		.cc = "\xff", /* no text: none */
		.subject = "\xc2\x9b"
			   "31m \xe2\x80\xae \xf3\xa0\x81\x81 \xe6\x97\xa5\n", /* C1, bidi, a tag */
		.keywords = "todo  \xff work"};
	char *json = kept(json_of_row("acc", "INBOX", &row));

	assert_string_equal(json,
		"{\"id\":7,\"account\":\"acc\",\"folder\":\"INBOX\","
		"\"from\":\"A \\\"b\\\" <a@x.org>\",\"to\":\"b@x.org\",\"cc\":\"\","
		"\"subject\":\"\\u009b31m \\u202e \\udb40\\udc41 \xe6\x97\xa5\\n\","
		"\"date\":\"1970-01-01T00:00:00+00:00\",\"size\":0,\"flags\":[\"seen\",\"todo\","
		"\"work\"],"
		"\"attachments\":true}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_row)};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

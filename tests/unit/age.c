/* tests/unit/age.c: the age program opens what we encrypt, and we what it does; the header's grammar and MAC against the
 * format's public test vectors; every truncation and flipped bit is refused. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "kb/base/file.h"
#include "sync/age.h"
#include "sync/sshsig.h"

/* A key made for this test by ssh-keygen, and files made for it by the age program. */
static const char key_file[] = "-----BEGIN OPENSSH PRIVATE KEY-----\n"
	"b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n"
	"QyNTUxOQAAACCNFfhAb7Jn/A6EwsAK1YkO6iA9Wn7uroK9L+PeLeQzOgAAAJg7RCtBO0Qr\n"
	"QQAAAAtzc2gtZWQyNTUxOQAAACCNFfhAb7Jn/A6EwsAK1YkO6iA9Wn7uroK9L+PeLeQzOg\n"
	"AAAEDBU/sRYellOPMDtmKiWjIFNPEWoh998QmYg7NH584t8I0V+EBvsmf8DoTCwArViQ7q\n"
	"ID1afu6ugr0v494t5DM6AAAAD25vZGVAYmcuaW52YWxpZAECAwQFBg==\n"
	"-----END OPENSSH PRIVATE KEY-----\n";
static const char for_two[] =
	"YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNzaC1lZDI1NTE5IEdLdGVTZyArN3hJVkpnb3pxWkJzOElxWk9GVWdEVnFZKzBmM2l2"
	"TTNFVjlmMGIvOVh3Ckp3emZPK3dsdlJGRHQ3TVFzOElPRjRQMHBNMUp6bWVxcW03Tm56Rit3b0kKLT4gc3NoLWVkMjU1MTkgcC9v"
	"VThBICtBR1lobXpSV211NzlCQXV0U3VMaFpvZDcwR09Ia2VGUUxwYlc0bHZhaUkKdTdXemN4K0h0cFJnOFIxQTNjRVkzbkZyTmJN"
	"SnJoSzRaSy9ya3RWTXpRbwotLS0gSGFkVG55ZnRnTEdsazZ6RnpJcGhCNWQySzV2SlhNbk5XZTV6QS83blpXUQrd2h04n1oo1i2Q"
	"UMXxzMgCJXE5D63W65pBJAsX9lVLOnoBDPtoXBYxzNLRjU7XhqM=";
static const char empty[] =
	"YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNzaC1lZDI1NTE5IHAvb1U4QSBsSmdIQ29IUlQxcDZVRTJOQ3JhSm01SjlSb1RwSFcv"
	"aU5QTmU5UzE2dWhzCjBwZTh6OHE2amJReXZaL2JuVXU5cS85SVVRWk1hL0Z0OWhlM0ZEVzVKSUUKLS0tIGUvY2wxbEhxTjZUQTYv"
	"bFM1OTJ6bHNDM2dOYStlTW4xNEFGWWE1ZzZiUmcKBRuALw0odOuUSU25ZGaQlQPo70mRZzoKcqby/IiqKm4=";
static const char for_another[] =
	"YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNzaC1lZDI1NTE5IEdLdGVTZyBRRld3Ry8rL3BwRklDRyszTFl5bSthWjhwL2wzb0wr"
	"Y3V3aERPcmFqSlRzCnd0OHQvR2wzcXNURGl3OS81Ung3Slo0VjVnMmMwcVFSbWtWVzNOUEFhTVUKLS0tIHFkRndmRTUzRzk5Mk9K"
	"RVNpUXdjZnNiTVJBNGhkOUM3U0N0WUhVV1h6aDgKfkPN+Fv1S4SxAYw4tqlkUpK+RLPoLpSmParxSJEvv5Ct2FuLwKZsDApmLYNa"
	"Uojw";

static struct ed25519 mine(void)
{
	struct err e = ERR_INIT;
	struct ed25519 k;

	assert_int_equal(sshkey_parse(&k, cstr(key_file), &e), RC_OK);
	return k;
}

static void put(const char *path, struct str s)
{
	struct err e = ERR_INIT;

	assert_int_equal(file_write_fast(path, s, 0600, &e), RC_OK);
}

static void get(struct buf *b, const char *path)
{
	struct err e = ERR_INIT;

	buf_clear(b);
	assert_int_equal(file_read(b, path, 1 << 20, &e), RC_OK);
}

/* "in" to "out" */
static enum rc run(bool seal, const struct ed25519 *k, struct err *e)
{
	int in = open("in", O_RDONLY), out = open("out", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	enum rc rc;

	assert_true(in >= 0 && out >= 0);
	if (seal)
		rc = age_seal(in, out, (const unsigned char (*)[32])&k->public, 1, "x.age", e);
	else
		rc = age_open(in, out, k, 1, "x.age", e);
	close(in);
	close(out);
	return rc;
}

static enum rc open_text(struct buf *text, struct str file, struct err *e)
{
	struct ed25519 k = mine();
	enum rc rc;

	put("in", file);
	rc = run(false, &k, e);
	get(text, "out");
	return rc;
}

static struct buf decoded(const char *base64)
{
	struct buf b = BUF_INIT;

	assert_true(base64_decode(&b, cstr(base64)));
	return b;
}

static void test_age__opens_what_the_age_program_made(void **state)
{
	struct buf file = decoded(for_two), text = BUF_INIT;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(open_text(&text, buf_str(&file), &e), RC_OK);
	assert_string_equal(buf_cstr(&text), "Vans were seen.\n");
	buf_free(&file);
	file = decoded(empty);
	assert_int_equal(open_text(&text, buf_str(&file), &e), RC_OK);
	assert_int_equal(text.n, 0);
	buf_free(&file);
	file = decoded(for_another);
	assert_int_equal(open_text(&text, buf_str(&file), &e), RC_UNTRUSTED);
	assert_string_equal(e.msg, "x.age: encrypted for others, not for this node's key");
	assert_int_equal(text.n, 0);
	buf_free(&file);
	buf_free(&text);
}

static void test_age__the_age_program_opens_ours_at_every_chunk_boundary(void **state)
{
	static const size_t sizes[] = { 0, 1, AGE_CHUNK - 1, AGE_CHUNK, AGE_CHUNK + 1, 2 * AGE_CHUNK, 3 * AGE_CHUNK + 7 };
	struct buf text = BUF_INIT, back = BUF_INIT;
	struct ed25519 k = mine();
	struct err e = ERR_INIT;
	size_t i, j;

	(void)state;
	put("key", cstr(key_file));
	assert_int_equal(system("ssh-keygen -y -f key >key.pub"), 0);
	for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		buf_clear(&text);
		for (j = 0; j < sizes[i]; j++)
			buf_putc(&text, (char)(j * 7 + j / 251));
		put("in", buf_str(&text));
		put("plain", buf_str(&text));
		assert_int_equal(run(true, &k, &e), RC_OK);
		assert_int_equal(system("age -d -i key <out >back 2>log && cmp back plain"), 0);
		assert_int_equal(system("age -R key.pub <plain >in"), 0);
		assert_int_equal(run(false, &k, &e), RC_OK);
		get(&back, "out");
		assert_true(str_eq(buf_str(&back), buf_str(&text)));
	}
	buf_free(&text);
	buf_free(&back);
}

static void test_age__refuses_every_truncation_and_every_flipped_bit(void **state)
{
	struct buf file = decoded(for_two), text = BUF_INIT, bad = BUF_INIT;
	struct err e = ERR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < file.n; i++) {
		buf_clear(&bad);
		buf_add(&bad, file.p, i);
		assert_int_not_equal(open_text(&text, buf_str(&bad), &e), RC_OK);
		assert_int_equal(text.n, 0);
	}
	for (i = 0; i < file.n * 8; i++) {
		buf_clear(&bad);
		buf_add(&bad, file.p, file.n);
		bad.p[i / 8] = (char)(bad.p[i / 8] ^ 1 << (i % 8));
		if (open_text(&text, buf_str(&bad), &e) == RC_OK)
			fail_msg("bit %zu of byte %zu may be flipped", i % 8, i / 8);
		assert_int_equal(text.n, 0);
	}
	buf_clear(&bad);
	buf_add(&bad, file.p, file.n);
	buf_putc(&bad, 'x');
	assert_int_not_equal(open_text(&text, buf_str(&bad), &e), RC_OK);
	buf_free(&file);
	buf_free(&text);
	buf_free(&bad);
}

/* A payload of these chunks of the text "a...", each sealed as its letter says: 'n' not last, 'l' last. */
static bool stream_opens(const char *kinds, const size_t *sizes)
{
	static const unsigned char key[AGE_KEY] = "a file's own key", nonce[16] = "nonce, 16 bytes.";
	unsigned char k[32], number[12] = { 0 };
	struct buf file = BUF_INIT;
	char *text = malloc(AGE_CHUNK), *sealed = malloc(AGE_CHUNK + AEAD_TAG);
	struct err e = ERR_INIT;
	int in, out;
	size_t i;
	enum rc rc;

	memset(text, 'a', AGE_CHUNK);
	hkdf_sha256(k, (struct str){ (const char *)key, sizeof key }, (struct str){ (const char *)nonce, sizeof nonce }, STR("payload"));
	buf_add(&file, nonce, sizeof nonce);
	for (i = 0; kinds[i]; i++) {
		number[10] = (unsigned char)i;
		number[11] = kinds[i] == 'l';
		aead_seal(sealed, (struct str){ text, sizes[i] }, k, number);
		buf_add(&file, sealed, sizes[i] + AEAD_TAG);
	}
	put("in", buf_str(&file));
	in = open("in", O_RDONLY);
	out = open("out", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	rc = age_payload_open(in, out, key, "x.age", &e);
	close(in);
	close(out);
	free(text);
	free(sealed);
	buf_free(&file);
	return rc == RC_OK;
}

static void test_age__chunks_are_whole_but_the_last(void **state)
{
	(void)state;
	assert_true(stream_opens("l", (size_t[]){ 0 }));
	assert_true(stream_opens("nl", (size_t[]){ AGE_CHUNK, 1 }));
	assert_true(stream_opens("nl", (size_t[]){ AGE_CHUNK, AGE_CHUNK }));
	assert_false(stream_opens("n", (size_t[]){ 1 }));
	assert_false(stream_opens("nn", (size_t[]){ AGE_CHUNK, 1 }));
	assert_false(stream_opens("nl", (size_t[]){ AGE_CHUNK, 0 }));
	assert_false(stream_opens("nl", (size_t[]){ 1, 1 }));
	assert_false(stream_opens("ll", (size_t[]){ AGE_CHUNK, 1 }));
	assert_false(stream_opens("", (size_t[]){ 0 }));
}

/* From the public test vectors of the format (their names beside): all have the file key YELLOW SUBMARINE. */
#define X "age-encryption.org/v1\n-> X25519 TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc\n" \
	"EmECAEcKN+n/Vs9SbWiV+Hu0r+E8R77DdWYyd83nw7U\n"
#define LINE64 "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB\n"
static const struct { const char *name, *text; int want; } vectors[] = {	/* want: 2 fits, 1 parses, 0 neither */
	{ "x25519", X "--- Vn+54jqiiUCE+WZcEVY3f1sqHjlu/z1LCQ/T7Xm7qI0\n", 2 },
	{ "stanza_empty_body", X "-> empty\n\n--- 697zSC9pa/ZLNIaXGtuwcUobmxv+Dpx48Hv0papk5c0\n", 2 },
	{ "stanza_empty_last_line", X "-> stanza\n" LINE64 "\n--- +3PC416gxa7Mk7WxpX0kb6DVfSuCun0niGre+G4bZhE\n", 2 },
	{ "stanza_valid_characters", "age-encryption.org/v1\n"
		"-> !\"#$%&' ()*+,-./ 01234567 89:;<=>? @ABCDEFG HIJKLMNO\n\n"
		"-> PQRSTUVW XYZ[\\]^_ `abcdefg hijklmno pqrstuvw xyz{|}~\n\n"
		"-> X25519 TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc\nEmECAEcKN+n/Vs9SbWiV+Hu0r+E8R77DdWYyd83nw7U\n"
		"--- x538z9xJq9XEK1aTTTv80aWDVvVdROvaXn2tpqXPC8g\n", 2 },
	{ "hmac_bad", X "--- Vn+54jqiiUCE+WZcEVY3f1sqHjlu/z1LCQ/T7Xm7qI1\n", 0 },
	{ "hmac_bad, canonical", X "--- Vn+54jqiiUCE+WZcEVY3f1sqHjlu/z1LCQ/T7Xm7qIA\n", 1 },
	{ "hmac_missing", X "---\n", 0 },
	{ "hmac_no_space", X "---Vn+54jqiiUCE+WZcEVY3f1sqHjlu/z1LCQ/T7Xm7qI0\n", 0 },
	{ "hmac_extra_space", X "---  Vn+54jqiiUCE+WZcEVY3f1sqHjlu/z1LCQ/T7Xm7qI0\n", 0 },
	{ "hmac_trailing_space", X "--- Vn+54jqiiUCE+WZcEVY3f1sqHjlu/z1LCQ/T7Xm7qI0 \n", 0 },
	{ "hmac_truncated", X "--- Vn+54jqiiUCE+WZcEVY3f1sqHjlu/z1LCQ/T7Xm7qI\n", 0 },
	{ "hmac_no_end", X "--- Vn+54jqiiUCE+WZcEVY3f1sqHjlu/z1LCQ/T7Xm7qI0", 0 },
	{ "stanza_missing_final_line", X "-> stanza\n" LINE64 "--- GRjUy1ShNhFoV3cQikdtUZqDeDEZSrbtNXUgDtDbwC8\n", 0 },
	{ "stanza_not_canonical", X "-> stanza\n" LINE64 "QUF\n--- nQM2VCzmNLPrUurNWN+SW9wVp/9uTMQ/6CTUM7l8c84\n", 0 },
	{ "stanza_no_arguments", X "->\n\n--- B0qjnUjVajTa8I4Uia49g1c4DMQQN6u9m9QOSS1HLks\n", 0 },
	{ "stanza_empty_argument", X "-> stanza  argument\n\n--- bosBxVRBzKF9emyxQ9BERq7+D5JKU+lvbEsL8UHJ/SA\n", 0 },
	{ "stanza_multiple_short_lines", X "-> stanza\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
		"--- ct87HSIMoTC4nUsQva+8AeKc2bK2q8b9sPjRhjuf1us\n", 0 },
	{ "stanza_long_line", X "-> stanza\nQUFB" LINE64 "\n--- Vn+54jqiiUCE+WZcEVY3f1sqHjlu/z1LCQ/T7Xm7qI0\n", 0 },
	{ "stanza_base64_padding", X "-> stanza\nQUE=\n--- Vn+54jqiiUCE+WZcEVY3f1sqHjlu/z1LCQ/T7Xm7qI0\n", 0 },
	{ "stanza_spurious_cr", X "-> stanza\r\n\n--- Vn+54jqiiUCE+WZcEVY3f1sqHjlu/z1LCQ/T7Xm7qI0\n", 0 },
	{ "stanza_invalid_character", X "-> stanza \177\n\n--- Vn+54jqiiUCE+WZcEVY3f1sqHjlu/z1LCQ/T7Xm7qI0\n", 0 },
	{ "stanza_missing_body", X "-> stanza\n--- Vn+54jqiiUCE+WZcEVY3f1sqHjlu/z1LCQ/T7Xm7qI0\n", 0 },
	{ "stanza_bad_start", X "-- stanza\n\n--- Vn+54jqiiUCE+WZcEVY3f1sqHjlu/z1LCQ/T7Xm7qI0\n", 0 },
	{ "version_unsupported", "age-encryption.org/v2\n-> X25519 TEiF\nEmEC\n--- Vn+54jqiiUCE+WZcEVY3f1sqHjlu/z1LCQ/T7Xm7qI0\n", 0 },
	{ "header_crlf", "age-encryption.org/v1\r\n-> X25519 TEiF\r\nEmEC\r\n--- Vn+54jqiiUCE+WZcEVY3f1sqHjlu/z1LCQ/T7Xm7qI0\r\n", 0 },
	{ "empty", "", 0 },
	{ "nobody", "age-encryption.org/v1\n--- Vn+54jqiiUCE+WZcEVY3f1sqHjlu/z1LCQ/T7Xm7qI0\n", 0 },
};

static void test_age__headers_as_the_public_vectors_have_them(void **state)
{
	static const char file_key[] = "YELLOW SUBMARINE";
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct age_header h;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		int got = age_header_parse(&h, &a, cstr(vectors[i].text), &e) == RC_OK;

		if (got && age_header_fits(&h, (const unsigned char *)file_key))
			got = 2;
		if (got != vectors[i].want)
			fail_msg("%s: %d instead of %d", vectors[i].name, got, vectors[i].want);
	}
	arena_free(&a);
}

static void test_age__the_payload_of_a_public_vector(void **state)
{
	static const char file_key[] = "YELLOW SUBMARINE";
	struct buf payload = decoded("7s9ix86RtDMnTmjU8vkTTLdMW/73vqpSyPC8DpksHoMx+2Y=");
	struct buf text = BUF_INIT;
	struct err e = ERR_INIT;
	int in, out;

	(void)state;
	put("in", buf_str(&payload));
	in = open("in", O_RDONLY);
	out = open("out", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(age_payload_open(in, out, (const unsigned char *)file_key, "x", &e), RC_OK);
	close(in);
	close(out);
	get(&text, "out");
	assert_string_equal(buf_cstr(&text), "age");
	buf_free(&payload);
	buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_age__opens_what_the_age_program_made),
		cmocka_unit_test(test_age__the_age_program_opens_ours_at_every_chunk_boundary),
		cmocka_unit_test(test_age__refuses_every_truncation_and_every_flipped_bit),
		cmocka_unit_test(test_age__chunks_are_whole_but_the_last),
		cmocka_unit_test(test_age__headers_as_the_public_vectors_have_them),
		cmocka_unit_test(test_age__the_payload_of_a_public_vector),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

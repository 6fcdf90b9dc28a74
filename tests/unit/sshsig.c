/* tests/unit/sshsig.c: ssh-keygen takes our signatures and keys, and we take its. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kb/base/file.h"
#include "sync/sshsig.h"

static const unsigned char seed[32] = { 1, 2, 3, 4, 5 };
static const unsigned char check[4] = { 9, 8, 7, 6 };

static void put(const char *path, struct str s, mode_t mode)
{
	struct err e = ERR_INIT;

	assert_int_equal(file_write(path, s, mode, &e), RC_OK);
}

static void test_sshsig__ssh_keygen_verifies_and_refuses_a_changed_message(void **state)
{
	struct buf b = BUF_INIT;
	struct ed25519 k;

	(void)state;
	ed25519_make(&k, seed);
	buf_puts(&b, "node@bg.invalid namespaces=\"git\" ssh-ed25519 ");
	sshkey_public(&b, k.public);
	buf_putc(&b, '\n');
	put("signers", buf_str(&b), 0644);
	buf_clear(&b);
	sshsig_sign(&b, &k, STR("tree 1\n\nmessage\n"));
	put("sig", buf_str(&b), 0644);
	put("good", STR("tree 1\n\nmessage\n"), 0644);
	put("bad", STR("tree 2\n\nmessage\n"), 0644);
	assert_int_equal(system("ssh-keygen -Y verify -f signers -I node@bg.invalid -n git -s sig <good >log 2>&1"), 0);
	assert_int_not_equal(system("ssh-keygen -Y verify -f signers -I node@bg.invalid -n git -s sig <bad >log 2>&1"), 0);
	buf_free(&b);
}

static void test_sshsig__every_flipped_bit_is_refused(void **state)
{
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT;
	struct ed25519 k;
	unsigned char public[32];
	size_t i;

	(void)state;
	ed25519_make(&k, seed);
	sshsig_sign(&b, &k, STR("message"));
	assert_int_equal(sshsig_verify(public, buf_str(&b), STR("message"), &e), RC_OK);
	assert_memory_equal(public, k.public, 32);
	assert_int_equal(sshsig_verify(public, buf_str(&b), STR("messagf"), &e), RC_UNTRUSTED);
	for (i = 0; i < b.n - 1; i++) {		/* the last newline may be anything blank */
		if (b.p[i] == '\n' || b.p[i] == '=')
			continue;
		b.p[i] = (char)(b.p[i] ^ 1);
		assert_int_not_equal(sshsig_verify(public, buf_str(&b), STR("message"), &e), RC_OK);
		b.p[i] = (char)(b.p[i] ^ 1);
	}
	for (i = 0; i < b.n - 1; i++)
		assert_int_not_equal(sshsig_verify(public, str_sub(buf_str(&b), 0, i), STR("message"), &e), RC_OK);
	buf_free(&b);
}

static void test_sshkey__ssh_keygen_reads_our_key(void **state)
{
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT, want = BUF_INIT, got = BUF_INIT;
	struct ed25519 k, again;
	unsigned char public[32];

	(void)state;
	ed25519_make(&k, seed);
	sshkey_format(&b, &k, STR("bg"), check);
	put("key", buf_str(&b), 0600);
	assert_int_equal(sshkey_parse(&again, buf_str(&b), &e), RC_OK);
	assert_memory_equal(&again, &k, sizeof k);
	assert_int_equal(system("ssh-keygen -y -f key | cut -d' ' -f2 >public"), 0);
	assert_int_equal(file_read(&got, "public", 4096, &e), RC_OK);
	sshkey_public(&want, k.public);
	assert_true(str_eq(str_trim(buf_str(&got)), buf_str(&want)));
	assert_true(sshkey_public_parse(public, buf_str(&want)));
	assert_memory_equal(public, k.public, 32);
	buf_free(&b);
	buf_free(&want);
	buf_free(&got);
}

static void test_sshkey__we_read_a_key_of_ssh_keygen_and_name_what_we_cannot(void **state)
{
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT;
	struct ed25519 k;
	size_t i;

	(void)state;
	assert_int_equal(system("ssh-keygen -q -t ed25519 -N '' -f plain && ssh-keygen -q -t ed25519 -N secret -f locked && "
	    "ssh-keygen -q -t ecdsa -N '' -f other"), 0);
	assert_int_equal(file_read(&b, "plain", 4096, &e), RC_OK);
	assert_int_equal(sshkey_parse(&k, buf_str(&b), &e), RC_OK);
	for (i = 0; i < b.n - 1; i++)
		assert_int_equal(sshkey_parse(&k, str_sub(buf_str(&b), 0, i), &e), RC_INVALID);
	buf_clear(&b);
	assert_int_equal(file_read(&b, "locked", 4096, &e), RC_OK);
	assert_int_equal(sshkey_parse(&k, buf_str(&b), &e), RC_INVALID);
	assert_non_null(strstr(e.msg, "passphrase"));
	buf_clear(&b);
	assert_int_equal(file_read(&b, "other", 4096, &e), RC_OK);
	assert_int_equal(sshkey_parse(&k, buf_str(&b), &e), RC_INVALID);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sshsig__ssh_keygen_verifies_and_refuses_a_changed_message),
		cmocka_unit_test(test_sshsig__every_flipped_bit_is_refused),
		cmocka_unit_test(test_sshkey__ssh_keygen_reads_our_key),
		cmocka_unit_test(test_sshkey__we_read_a_key_of_ssh_keygen_and_name_what_we_cannot),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

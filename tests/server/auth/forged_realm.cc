#include "tests/server/auth/forged_realm.h"

#include <gtest/gtest.h>
#include <krb5.h>

#include <cstdlib>
#include <ctime>
#include <fstream>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "server/base/random.h"

// What a KDC makes tickets with; exported by the library and in no header of it.
extern "C" {
krb5_error_code krb5_encrypt_tkt_part(krb5_context context, const krb5_keyblock* key,
                                      krb5_ticket* ticket);
krb5_error_code encode_krb5_ticket(const krb5_ticket* ticket, krb5_data** code);
}

namespace sluice::auth {
namespace {

constexpr krb5_enctype kKeyType = ENCTYPE_AES256_CTS_HMAC_SHA1_96;
constexpr unsigned kKeyBytes = 32;
constexpr krb5_timestamp kLifetimeSeconds = 3600;

void Expect(krb5_error_code error) { EXPECT_EQ(error, 0); }

// Any bytes are a key.
krb5_keyblock* MakeKey(krb5_context context) {
  krb5_keyblock* key = nullptr;
  Expect(krb5_init_keyblock(context, kKeyType, kKeyBytes, &key));
  base::SystemRandom().Fill(absl::MakeSpan(key->contents, key->length));
  return key;
}

}  // namespace

struct ForgedRealm::State {
  std::string directory;
  krb5_context context = nullptr;
  krb5_principal service = nullptr;
  krb5_keyblock* key = nullptr;

  std::string path(const char* name) const { return absl::StrCat(directory, "/", name); }
};

ForgedRealm::ForgedRealm(const std::string& directory) : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.directory = directory;
  std::ofstream(state.path("krb5.conf"))
      << "[libdefaults]\n default_realm = " << kForgedRealm
      << "\n dns_lookup_kdc = false\n dns_canonicalize_hostname = false\n rdns = false\n";
  setenv("KRB5_CONFIG", state.path("krb5.conf").c_str(), 1);
  setenv("KRB5CCNAME", absl::StrCat("FILE:", state.path("tickets")).c_str(), 1);
  Expect(krb5_init_context(&state.context));
  const std::string service = absl::StrCat("cifs/", kForgedHost, "@", kForgedRealm);
  Expect(krb5_parse_name(state.context, service.c_str(), &state.service));
  state.key = MakeKey(state.context);
  krb5_keytab keytab = nullptr;
  Expect(krb5_kt_resolve(state.context, absl::StrCat("FILE:", this->keytab()).c_str(), &keytab));
  krb5_keytab_entry entry{};
  entry.principal = state.service;
  entry.vno = 1;
  entry.key = *state.key;
  Expect(krb5_kt_add_entry(state.context, keytab, &entry));
  krb5_kt_close(state.context, keytab);
}

ForgedRealm::~ForgedRealm() {
  krb5_free_keyblock(state_->context, state_->key);
  krb5_free_principal(state_->context, state_->service);
  krb5_free_context(state_->context);
}

std::string ForgedRealm::keytab() const { return state_->path("keytab"); }

void ForgedRealm::MakeTicket(const std::string& user) {
  const krb5_context context = state_->context;
  krb5_principal client = nullptr;
  krb5_keyblock* const session = MakeKey(context);
  krb5_data* encoded = nullptr;
  krb5_ccache cache = nullptr;
  krb5_enc_tkt_part secret{};
  krb5_ticket ticket{};
  const absl::Cleanup release = [&] {
    krb5_free_data(context, encoded);
    krb5_free_data_contents(context, &ticket.enc_part.ciphertext);
    krb5_free_keyblock(context, session);
    krb5_free_principal(context, client);
  };
  Expect(krb5_parse_name(context, absl::StrCat(user, "@", kForgedRealm).c_str(), &client));
  const auto now = static_cast<krb5_timestamp>(std::time(nullptr));
  secret.flags = TKT_FLG_INITIAL;
  secret.session = session;
  secret.client = client;
  secret.times = {now, now, now + kLifetimeSeconds, 0};
  ticket.server = state_->service;
  ticket.enc_part.kvno = 1;
  ticket.enc_part2 = &secret;
  Expect(krb5_encrypt_tkt_part(context, state_->key, &ticket));
  Expect(encode_krb5_ticket(&ticket, &encoded));
  krb5_creds credentials{};
  credentials.client = client;
  credentials.server = state_->service;
  credentials.keyblock = *session;
  credentials.times = secret.times;
  credentials.ticket_flags = secret.flags;
  credentials.ticket = *encoded;
  Expect(krb5_cc_resolve(context, getenv("KRB5CCNAME"), &cache));
  Expect(krb5_cc_initialize(context, cache, client));
  Expect(krb5_cc_store_cred(context, cache, &credentials));
  krb5_cc_close(context, cache);
}

}  // namespace sluice::auth

#include "server/auth/kerberos.h"

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <krb5.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/auth/gss.h"
#include "server/auth/user_name.h"
#include "server/base/log.h"

namespace sluice::auth {
namespace {

using proto::NtStatus;

NtStatus StatusOf(OM_uint32 major, OM_uint32 minor) {
  switch (static_cast<int32_t>(minor)) {
    case KRB5KRB_AP_ERR_SKEW:
    case KRB5KRB_AP_ERR_TKT_NYV:
      return NtStatus::kTimeDifferenceAtDc;
    default:
      break;
  }
  switch (GSS_ROUTINE_ERROR(major)) {
    case GSS_S_DEFECTIVE_TOKEN:
    case GSS_S_BAD_MECH:
      return NtStatus::kInvalidParameter;
    default:
      return NtStatus::kLogonFailure;
  }
}

class Krb5Context {
 public:
  Krb5Context() { error_ = krb5_init_context(&context_); }
  Krb5Context(const Krb5Context&) = delete;
  Krb5Context& operator=(const Krb5Context&) = delete;
  ~Krb5Context() {
    if (context_ != nullptr) krb5_free_context(context_);
  }
  krb5_context get() const { return context_; }
  krb5_error_code error() const { return error_; }
  std::string Words(krb5_error_code code) const {
    const char* const message = krb5_get_error_message(context_, code);
    std::string text = message;
    krb5_free_error_message(context_, message);
    return text;
  }

 private:
  krb5_context context_ = nullptr;
  krb5_error_code error_ = 0;
};

struct KeytabEntry {
  std::string principal;
  unsigned version = 0;
};

absl::StatusOr<std::vector<KeytabEntry>> ReadKeytab(const Krb5Context& context,
                                                    const std::string& path) {
  const auto fail = [&](absl::string_view why) {
    return absl::FailedPreconditionError(
        absl::StrCat("the Kerberos keytab ", path, " cannot be used: ", why,
                     ". Make it with ktadd or `net ads keytab`, readable by sluiced only, or leave "
                     "auth.kerberos_keytab out"));
  };
  if (context.error() != 0) return fail(context.Words(context.error()));
  krb5_keytab keytab = nullptr;
  krb5_error_code error =
      krb5_kt_resolve(context.get(), absl::StrCat("FILE:", path).c_str(), &keytab);
  if (error != 0) return fail(context.Words(error));
  const absl::Cleanup close = [&] { krb5_kt_close(context.get(), keytab); };
  krb5_kt_cursor cursor{};
  error = krb5_kt_start_seq_get(context.get(), keytab, &cursor);
  if (error != 0) return fail(context.Words(error));
  std::vector<KeytabEntry> entries;
  krb5_keytab_entry entry{};
  while ((error = krb5_kt_next_entry(context.get(), keytab, &entry, &cursor)) == 0) {
    char* name = nullptr;
    if (krb5_unparse_name(context.get(), entry.principal, &name) == 0) {
      entries.push_back({name, entry.vno});
      krb5_free_unparsed_name(context.get(), name);
    }
    krb5_free_keytab_entry_contents(context.get(), &entry);
  }
  krb5_kt_end_seq_get(context.get(), keytab, &cursor);
  if (error != KRB5_KT_END) return fail(context.Words(error));
  if (entries.empty()) return fail("it holds no key");
  return entries;
}

std::string DefaultRealm(const Krb5Context& context) {
  char* realm = nullptr;
  if (context.error() != 0 || krb5_get_default_realm(context.get(), &realm) != 0) return "";
  std::string text = realm;
  krb5_free_default_realm(context.get(), realm);
  return text;
}

std::vector<std::string> RealmsOf(const std::vector<KeytabEntry>& entries) {
  std::vector<std::string> realms;
  for (const KeytabEntry& entry : entries) {
    const absl::StatusOr<Principal> principal = ParsePrincipal(entry.principal);
    if (principal.ok() &&
        std::find(realms.begin(), realms.end(), principal->realm) == realms.end()) {
      realms.push_back(principal->realm);
    }
  }
  return realms;
}

class KerberosExchange final : public Mechanism {
 public:
  KerberosExchange(KerberosAcceptor& acceptor, bool ignore_case)
      : acceptor_(acceptor), ignore_case_(ignore_case) {}
  ~KerberosExchange() override {
    OM_uint32 minor = 0;
    if (context_ != GSS_C_NO_CONTEXT) gss_delete_sec_context(&minor, &context_, GSS_C_NO_BUFFER);
  }

  NtStatus Step(absl::Span<const uint8_t> token, std::vector<uint8_t>* reply) override;
  bool Blocks() const override { return true; }
  std::string Reason() const override { return reason_; }
  AuthResult TakeResult() override { return std::move(result_); }
  bool HasMic() const override { return done_; }
  std::vector<uint8_t> MakeMic(absl::Span<const uint8_t> message) override {
    return GssMakeMic(context_, message);
  }
  bool CheckMic(absl::Span<const uint8_t> message, absl::Span<const uint8_t> mic) override {
    return GssCheckMic(context_, message, mic);
  }

 private:
  NtStatus Fail(absl::string_view what, OM_uint32 major, OM_uint32 minor);
  NtStatus Accept(gss_name_t client, OM_uint32 flags, OM_uint32 lifetime);

  KerberosAcceptor& acceptor_;
  const bool ignore_case_;
  gss_ctx_id_t context_ = GSS_C_NO_CONTEXT;
  bool done_ = false;
  AuthResult result_;
  std::string reason_;
};

NtStatus KerberosExchange::Fail(absl::string_view what, OM_uint32 major, OM_uint32 minor) {
  // The library's words may have names of the ticket in them.
  reason_ = absl::StrCat(what, ": ", absl::Utf8SafeCHexEscape(GssWords(major, minor)));
  return StatusOf(major, minor);
}

OM_uint32 AcquireKeys(const KerberosOptions& options, gss_cred_id_t* keys, OM_uint32* minor) {
  const std::string keytab = absl::StrCat("FILE:", options.keytab);
  const std::string cache = absl::StrCat("file2:", options.replay_cache);
  gss_key_value_element_desc elements[] = {{"keytab", keytab.c_str()}, {"rcache", cache.c_str()}};
  const gss_key_value_set_desc store = {options.replay_cache.empty() ? 1u : 2u, elements};
  gss_OID_set_desc mechanisms = {1, const_cast<gss_OID>(gss_mech_krb5)};
  return gss_acquire_cred_from(minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, &mechanisms, GSS_C_ACCEPT,
                               &store, keys, nullptr, nullptr);
}

NtStatus KerberosExchange::Step(absl::Span<const uint8_t> token, std::vector<uint8_t>* reply) {
  reply->clear();
  if (done_) return NtStatus::kInvalidParameter;
  acceptor_.NoticeChange();
  OM_uint32 minor = 0;
  gss_cred_id_t keys = GSS_C_NO_CREDENTIAL;
  OM_uint32 major = AcquireKeys(acceptor_.options(), &keys, &minor);
  if (GSS_ERROR(major)) {
    const NtStatus status = Fail("the gateway's keytab cannot be used", major, minor);
    base::Log(base::LogLevel::kError, "Kerberos: %s", reason_);
    return status;
  }
  gss_name_t client = GSS_C_NO_NAME;
  const absl::Cleanup release = [&] {
    OM_uint32 ignored = 0;
    gss_release_cred(&ignored, &keys);
    gss_release_name(&ignored, &client);
  };
  gss_buffer_desc input = Borrow(token);
  GssBuffer output;
  OM_uint32 flags = 0;
  OM_uint32 lifetime = 0;
  major = gss_accept_sec_context(&minor, &context_, keys, &input, GSS_C_NO_CHANNEL_BINDINGS,
                                 &client, nullptr, output.get(), &flags, &lifetime, nullptr);
  if (GSS_ERROR(major)) return Fail("its Kerberos ticket was not accepted", major, minor);
  reply->assign(output.span().begin(), output.span().end());
  if ((major & GSS_S_CONTINUE_NEEDED) != 0) return NtStatus::kMoreProcessingRequired;
  return Accept(client, flags, lifetime);
}

NtStatus KerberosExchange::Accept(gss_name_t client, OM_uint32 flags, OM_uint32 lifetime) {
  OM_uint32 minor = 0;
  GssBuffer name;
  const OM_uint32 major = gss_display_name(&minor, client, name.get(), nullptr);
  if (GSS_ERROR(major)) return Fail("its principal has no name", major, minor);
  if ((flags & GSS_C_ANON_FLAG) != 0) {
    reason_ = "it came with an anonymous ticket";
    return NtStatus::kLogonFailure;
  }
  if ((flags & GSS_C_INTEG_FLAG) == 0) {
    reason_ = "its Kerberos context cannot protect anything";
    return NtStatus::kLogonFailure;
  }
  absl::StatusOr<AuthResult> who = acceptor_.FindUser(name.text(), ignore_case_);
  if (!who.ok()) {
    reason_ = std::string(who.status().message());
    return absl::IsPermissionDenied(who.status()) ? NtStatus::kAccountDisabled
                                                  : NtStatus::kLogonFailure;
  }
  result_ = *std::move(who);
  result_.session_key = GssSessionKey(context_);
  if (result_.session_key.empty()) {
    reason_ = "its Kerberos context has no session key";
    return NtStatus::kLogonFailure;
  }
  // 0 would be "for ever".
  if (lifetime != GSS_C_INDEFINITE) result_.lifetime_seconds = std::max<OM_uint32>(1, lifetime);
  done_ = true;
  return NtStatus::kOk;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ListKeytab(const std::string& path) {
  const Krb5Context context;
  const absl::StatusOr<std::vector<KeytabEntry>> entries = ReadKeytab(context, path);
  if (!entries.ok()) return entries.status();
  std::vector<std::string> keys;
  for (const KeytabEntry& entry : *entries) {
    std::string key = absl::StrCat(entry.principal, " (kvno ", entry.version, ")");
    // One key for each encryption type.
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(std::move(key));
  }
  return keys;
}

absl::StatusOr<std::unique_ptr<KerberosAcceptor>> KerberosAcceptor::Open(KerberosOptions options,
                                                                         const UserStore& users,
                                                                         DomainUsers* domain) {
  const Krb5Context context;
  const absl::StatusOr<std::vector<KeytabEntry>> entries = ReadKeytab(context, options.keytab);
  if (!entries.ok()) return entries.status();
  if (options.principals.realms.empty()) {
    const std::string realm = DefaultRealm(context);
    options.principals.realms = realm.empty() ? RealmsOf(*entries) : std::vector{realm};
  }
  std::unique_ptr<KerberosAcceptor> acceptor(
      new KerberosAcceptor(std::move(options), users, domain));
  acceptor->NoticeChange();
  return acceptor;
}

KerberosAcceptor::KerberosAcceptor(KerberosOptions options, const UserStore& users,
                                   DomainUsers* domain)
    : options_(std::move(options)), users_(users), domain_(domain) {}

std::unique_ptr<Mechanism> KerberosAcceptor::Begin(bool ignore_case) {
  return std::make_unique<KerberosExchange>(*this, ignore_case);
}

void KerberosAcceptor::NoticeChange() {
  struct stat info {};
  std::string now = "missing";
  if (stat(options_.keytab.c_str(), &info) == 0) {
    now = absl::StrCat(info.st_dev, ":", info.st_ino, ":", info.st_size, ":", info.st_mtim.tv_sec,
                       ".", info.st_mtim.tv_nsec);
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (seen_ == now) return;
    seen_ = std::move(now);
  }
  const absl::StatusOr<std::vector<std::string>> keys = ListKeytab(options_.keytab);
  if (keys.ok()) {
    base::Log(base::LogLevel::kInfo, "Kerberos keytab %s: %s", options_.keytab,
              absl::StrJoin(*keys, ", "));
  } else {
    base::Log(base::LogLevel::kError, "%s", std::string(keys.status().message()));
  }
}

absl::StatusOr<AuthResult> KerberosAcceptor::FindUser(const std::string& principal,
                                                      bool ignore_case) {
  // Whom [auth.kerberos_users] names, the administrator has spelled.
  const bool named = options_.principals.users.count(principal) != 0;
  const base::NameMatch match = named         ? base::NameMatch::kFolded
                                : ignore_case ? base::NameMatch::kAsciiCase
                                              : base::NameMatch::kExact;
  absl::StatusOr<std::string> name = MapPrincipal(options_.principals, principal);
  if (!name.ok()) return name.status();
  AuthResult who;
  const absl::StatusOr<Principal> parsed = ParsePrincipal(principal);
  if (parsed.ok()) who.domain = parsed->realm;
  User user;
  DomainUser domain_user;
  const bool alike = users_.Find(*name, &user);
  if (alike && NamesUser(user.name, *name, match)) {
    if (user.disabled) {
      return absl::PermissionDeniedError(absl::StrCat("the user \"", user.name, "\" is disabled"));
    }
    who.user = std::move(user.name);
    who.unix_user = std::move(user.unix_user);
  } else if (domain_ != nullptr && domain_->Find(*name, who.domain, &domain_user)) {
    who.user = std::move(domain_user.name);
    who.unix_user = std::move(domain_user.unix_user);
  } else if (alike) {
    return absl::NotFoundError(absl::StrCat(
        "the principal ", absl::Utf8SafeCHexEscape(principal), " is not spelled as the user \"",
        user.name, "\"; auth.kerberos_ignore_case and [auth.kerberos_users] do not allow for it"));
  } else {
    // Nobody has looked at it yet; NSS ends a name where the share's lists do not.
    const absl::Status valid = ValidateUserName(*name);
    if (!valid.ok()) return valid;
    // All spellings that mean one user get one name.
    who.user = match == base::NameMatch::kAsciiCase ? absl::AsciiStrToLower(*name) : *name;
    who.name_match = match;
  }
  return who;
}

}  // namespace sluice::auth

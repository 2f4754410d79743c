#include "server/auth/kerberos_client.h"

#include <gssapi/gssapi_krb5.h>

#include <array>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "proto/auth/spnego.h"
#include "server/auth/gss.h"

namespace sluice::auth {
namespace {

absl::Status Error(const std::string& what, OM_uint32 major, OM_uint32 minor) {
  return absl::FailedPreconditionError(absl::StrCat(what, ": ", GssWords(major, minor)));
}

OM_uint32 Import(const std::string& text, gss_OID type, gss_name_t* name, OM_uint32* minor) {
  gss_buffer_desc buffer = {text.size(), const_cast<char*>(text.data())};
  return gss_import_name(minor, &buffer, type, name);
}

// Credentials of `user`, or the default ones.
absl::Status Acquire(const std::string& user, gss_cred_id_t* credentials) {
  OM_uint32 minor = 0;
  gss_name_t name = GSS_C_NO_NAME;
  if (!user.empty()) {
    const OM_uint32 major = Import(user, GSS_C_NT_USER_NAME, &name, &minor);
    if (GSS_ERROR(major)) return Error(absl::StrCat("principal \"", user, "\""), major, minor);
  }
  gss_OID_set_desc mechanisms = {1, const_cast<gss_OID>(gss_mech_krb5)};
  const OM_uint32 major = gss_acquire_cred(&minor, name, GSS_C_INDEFINITE, &mechanisms,
                                           GSS_C_INITIATE, credentials, nullptr, nullptr);
  OM_uint32 ignored = 0;
  gss_release_name(&ignored, &name);
  return GSS_ERROR(major) ? Error("no Kerberos ticket", major, minor) : absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> FindTicket(const std::string& user) {
  gss_cred_id_t credentials = GSS_C_NO_CREDENTIAL;
  gss_name_t name = GSS_C_NO_NAME;
  const absl::Cleanup release = [&] {
    OM_uint32 ignored = 0;
    gss_release_cred(&ignored, &credentials);
    gss_release_name(&ignored, &name);
  };
  const absl::Status acquired = Acquire(user, &credentials);
  if (!acquired.ok()) return acquired;
  OM_uint32 minor = 0;
  // Only now is the cache read, and a ticket that has expired is an error.
  OM_uint32 major = gss_inquire_cred(&minor, credentials, &name, nullptr, nullptr, nullptr);
  if (GSS_ERROR(major)) return Error("no Kerberos ticket", major, minor);
  GssBuffer principal;
  major = gss_display_name(&minor, name, principal.get(), nullptr);
  if (GSS_ERROR(major)) return Error("the Kerberos ticket's principal", major, minor);
  return principal.text();
}

struct KerberosClient::Context {
  gss_cred_id_t credentials = GSS_C_NO_CREDENTIAL;
  gss_name_t target = GSS_C_NO_NAME;
  gss_ctx_id_t context = GSS_C_NO_CONTEXT;
  bool established = false;

  ~Context() {
    OM_uint32 ignored = 0;
    gss_release_cred(&ignored, &credentials);
    gss_release_name(&ignored, &target);
    if (context != GSS_C_NO_CONTEXT) gss_delete_sec_context(&ignored, &context, GSS_C_NO_BUFFER);
  }
};

KerberosClient::KerberosClient(std::string host, std::string user)
    : host_(std::move(host)), user_(std::move(user)), context_(std::make_unique<Context>()) {}

KerberosClient::~KerberosClient() = default;

absl::Status KerberosClient::Failed(const std::string& why) const {
  return absl::FailedPreconditionError(absl::StrCat("Kerberos with cifs/", host_, ": ", why));
}

absl::StatusOr<std::vector<uint8_t>> KerberosClient::Start() {
  absl::Status status = Acquire(user_, &context_->credentials);
  if (!status.ok()) return status;
  OM_uint32 minor = 0;
  const OM_uint32 major =
      Import(absl::StrCat("cifs@", host_), GSS_C_NT_HOSTBASED_SERVICE, &context_->target, &minor);
  if (GSS_ERROR(major)) return Failed(GssWords(major, minor));
  std::vector<uint8_t> ticket;
  status = Step({}, &ticket);
  if (!status.ok()) return status;
  // The token is of the first one; some servers know Kerberos by the other one only.
  const std::array<absl::string_view, 2> types = {proto::oid::kKerberos, proto::oid::kMsKerberos};
  mech_types_ = proto::EncodeMechTypes(types);
  proto::NegTokenInit init;
  init.mech_types.assign(types.begin(), types.end());
  init.mech_token = absl::MakeConstSpan(ticket);
  return init.Encode();
}

absl::Status KerberosClient::Step(absl::Span<const uint8_t> token, std::vector<uint8_t>* reply) {
  OM_uint32 minor = 0;
  gss_buffer_desc input = Borrow(token);
  GssBuffer output;
  const OM_uint32 major = gss_init_sec_context(
      &minor, context_->credentials, &context_->context, context_->target,
      const_cast<gss_OID>(gss_mech_krb5), GSS_C_MUTUAL_FLAG | GSS_C_INTEG_FLAG, GSS_C_INDEFINITE,
      GSS_C_NO_CHANNEL_BINDINGS, &input, nullptr, output.get(), nullptr, nullptr);
  if (GSS_ERROR(major)) return Failed(GssWords(major, minor));
  reply->assign(output.span().begin(), output.span().end());
  context_->established = (major & GSS_S_CONTINUE_NEEDED) == 0;
  return absl::OkStatus();
}

absl::Status KerberosClient::Take(absl::Span<const uint8_t> token, std::vector<uint8_t>* reply) {
  proto::NegTokenResp message;
  if (!proto::NegTokenResp::Decode(token, &message)) {
    return Failed("the server's answer is malformed");
  }
  if (!context_->established) {
    if (!message.response_token.has_value()) return Failed("the server takes no ticket");
    const absl::Status status = Step(*message.response_token, reply);
    if (!status.ok()) return status;
  }
  if (context_->established && message.mech_list_mic.has_value() &&
      !GssCheckMic(context_->context, mech_types_, *message.mech_list_mic)) {
    return Failed("the list of mechanisms was changed on its way (the mechListMIC is wrong)");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<uint8_t>> KerberosClient::Continue(absl::Span<const uint8_t> token) {
  std::vector<uint8_t> reply;
  const absl::Status status = Take(token, &reply);
  if (!status.ok()) return status;
  proto::NegTokenResp answer;
  if (!reply.empty()) answer.response_token = absl::MakeConstSpan(reply);
  // Which is all that a server can still want then.
  std::vector<uint8_t> mic;
  if (context_->established) {
    mic = GssMakeMic(context_->context, mech_types_);
    answer.mech_list_mic = absl::MakeConstSpan(mic);
  }
  return answer.Encode();
}

absl::Status KerberosClient::Finish(absl::Span<const uint8_t> token) {
  std::vector<uint8_t> reply;
  const absl::Status status = Take(token, &reply);
  if (!status.ok()) return status;
  if (!context_->established) return Failed("the server has not proved who it is");
  session_key_ = GssSessionKey(context_->context);
  return session_key_.empty() ? Failed("no session key was agreed on") : absl::OkStatus();
}

}  // namespace sluice::auth

#include "server/auth/winbind.h"

extern "C" {  // the header does not say so itself
#include <samba-4.0/wbclient.h>
}

#include <algorithm>
#include <cstring>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "crypto/secret.h"

namespace sluice::auth {
namespace {

using proto::NtStatus;

// One conversation with winbindd: contexts are not to be shared between threads.
class Context {
 public:
  Context() : context_(wbcCtxCreate()) {}
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { wbcCtxFree(context_); }
  wbcContext* get() const { return context_; }

 private:
  wbcContext* const context_;
};

std::string Text(const char* text) { return text == nullptr ? "" : text; }

// "" where the domain's users have no uids here.
std::string UidOf(wbcContext* context, const wbcDomainSid& sid) {
  uid_t uid = 0;
  return wbcCtxSidToUid(context, &sid, &uid) == WBC_ERR_SUCCESS ? absl::StrCat(uid) : "";
}

// What winbindd cannot judge is left to the gateway's own users.
NtStatus StatusOf(wbcErr error, const wbcAuthErrorInfo* info, std::string* why) {
  if (error != WBC_ERR_AUTH_ERROR) {
    *why = absl::StrCat("winbind does not answer: ", wbcErrorString(error));
    return NtStatus::kNoSuchUser;
  }
  if (info == nullptr) return NtStatus::kLogonFailure;
  *why =
      absl::StrCat("the domain refuses: ",
                   Text(info->display_string != nullptr ? info->display_string : info->nt_string));
  const auto status = static_cast<NtStatus>(info->nt_status);
  switch (status) {
    case NtStatus::kNoSuchUser:
    case NtStatus::kAccountDisabled:
    case NtStatus::kAccountLockedOut:
    case NtStatus::kNoLogonServers:
      return status;
    default:
      return info->authoritative == 0 ? NtStatus::kNoSuchUser : NtStatus::kLogonFailure;
  }
}

class WinbindUsers final : public DomainUsers {
 public:
  NtStatus Authenticate(const NtlmAnswer& answer, DomainUser* user, std::string* why) override;
  bool Find(const std::string& name, const std::string& realm, DomainUser* found) override;
};

NtStatus WinbindUsers::Authenticate(const NtlmAnswer& answer, DomainUser* user, std::string* why) {
  const Context context;
  wbcAuthUserParams params{};
  params.account_name = answer.user.c_str();
  params.domain_name = answer.domain.c_str();
  params.workstation_name = answer.workstation.c_str();
  params.level = wbcAuthUserParams::WBC_AUTH_USER_LEVEL_RESPONSE;
  // The library takes what it only reads through pointers to what could be written.
  auto& response = params.password.response;
  std::copy(answer.challenge.begin(), answer.challenge.end(), response.challenge);
  response.nt_length = static_cast<uint32_t>(answer.nt_response.size());
  response.nt_data = const_cast<uint8_t*>(answer.nt_response.data());
  response.lm_length = static_cast<uint32_t>(answer.lm_response.size());
  response.lm_data = const_cast<uint8_t*>(answer.lm_response.data());

  wbcAuthUserInfo* info = nullptr;
  wbcAuthErrorInfo* error_info = nullptr;
  const wbcErr error = wbcCtxAuthenticateUserEx(context.get(), &params, &info, &error_info);
  const absl::Cleanup free = [&] {
    wbcFreeMemory(info);
    wbcFreeMemory(error_info);
  };
  if (error != WBC_ERR_SUCCESS) return StatusOf(error, error_info, why);
  user->name = absl::StrCat(Text(info->domain_name), "\\", Text(info->account_name));
  if (info->num_sids > 0) user->unix_user = UidOf(context.get(), info->sids[0].sid);
  static_assert(sizeof(info->user_session_key) == 16);
  std::copy_n(info->user_session_key, 16, user->session_base_key.data());
  crypto::Wipe(info->user_session_key, sizeof(info->user_session_key));
  return NtStatus::kOk;
}

bool WinbindUsers::Find(const std::string& name, const std::string& realm, DomainUser* found) {
  const Context context;
  wbcDomainSid sid{};
  wbcSidType type{};
  if (wbcCtxLookupName(context.get(), realm.c_str(), name.c_str(), &sid, &type) !=
          WBC_ERR_SUCCESS ||
      type != WBC_SID_NAME_USER) {
    return false;
  }
  // The domain's short name, as NTLM log-ons have it.
  char* domain = nullptr;
  char* account = nullptr;
  if (wbcCtxLookupSid(context.get(), &sid, &domain, &account, &type) != WBC_ERR_SUCCESS) {
    return false;
  }
  found->name = absl::StrCat(Text(domain), "\\", Text(account));
  found->unix_user = UidOf(context.get(), sid);
  wbcFreeMemory(domain);
  wbcFreeMemory(account);
  return true;
}

}  // namespace

std::unique_ptr<DomainUsers> MakeWinbindUsers() { return std::make_unique<WinbindUsers>(); }

std::string DescribeWinbind() {
  const Context context;
  struct wbcInterfaceDetails* details = nullptr;
  const wbcErr error = wbcCtxInterfaceDetails(context.get(), &details);
  if (error != WBC_ERR_SUCCESS) {
    return absl::StrCat("winbindd does not answer (", wbcErrorString(error),
                        "): users of a domain cannot log on until it does");
  }
  const std::string dns = Text(details->dns_domain);
  const std::string domain = Text(details->netbios_domain);
  wbcFreeMemory(details);
  return dns.empty() ? absl::StrCat("winbindd is in no domain (", domain, ")")
                     : absl::StrCat("in the domain ", domain, " (", dns, ")");
}

}  // namespace sluice::auth

// What is done as it was asked for, and is perhaps not what was meant: names that nobody has.
#ifndef SLUICE_SERVER_CONTROL_WARNINGS_H_
#define SLUICE_SERVER_CONTROL_WARNINGS_H_

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "server/control/command.h"

namespace sluice::control {

// All of these ask NSS, and may wait for it. Users and groups that another server knows cannot be
// told from those that nobody knows: with [auth] winbind there are no warnings about them.

// Of those of the preferences `names` that list users and groups, with their values in `values`.
std::vector<std::string> ListWarnings(const ControlContext& context, const Preferences& values,
                                      const std::vector<std::string>& names);
std::vector<std::string> MemberWarnings(const ControlContext& context, const std::string& group,
                                        const std::vector<std::string>& members);
// `unix_user` as in auth::User.
std::vector<std::string> UnixUserWarnings(const std::string& unix_user);
// Lists of shares that name the group, which the gateway has no more.
std::vector<std::string> UseOfGroupWarnings(const ControlContext& context,
                                            const std::string& group);

// As member "warnings" of the result, if there are any.
void AddWarnings(const std::vector<std::string>& warnings, nlohmann::json* result);

}  // namespace sluice::control

#endif  // SLUICE_SERVER_CONTROL_WARNINGS_H_

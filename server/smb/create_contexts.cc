#include "server/smb/create_contexts.h"

#include "proto/smb2/create_context.h"
#include "proto/smb2/create_context_types.h"
#include "server/smb/capabilities.h"

namespace sluice::smb {
namespace {

namespace context = proto::create_context;
using proto::CreateContext;
using proto::NtStatus;

using Parse = NtStatus (*)(const CreateContext&, CreateExtras*);

NtStatus ParseEas(const CreateContext& context, CreateExtras* extras) {
  return proto::DecodeEaList(context.data, &extras->eas) ? NtStatus::kOk
                                                         : NtStatus::kInvalidParameter;
}

NtStatus ParseSecurity(const CreateContext& context, CreateExtras* extras) {
  extras->security_descriptor =
      absl::string_view(reinterpret_cast<const char*>(context.data.data()), context.data.size());
  return NtStatus::kOk;
}

NtStatus ParseAllocation(const CreateContext& context, CreateExtras* extras) {
  proto::AllocationSizeContext allocation;
  if (!proto::AllocationSizeContext::Decode(context.data, &allocation)) {
    return NtStatus::kInvalidParameter;
  }
  extras->allocation = allocation.bytes;
  return NtStatus::kOk;
}

NtStatus ParseMaximalAccess(const CreateContext& context, CreateExtras* extras) {
  proto::MaximalAccessRequest request;
  if (!proto::MaximalAccessRequest::Decode(context.data, &request)) {
    return NtStatus::kInvalidParameter;
  }
  extras->maximal_access = true;
  return NtStatus::kOk;
}

NtStatus ParseOnDiskId(const CreateContext&, CreateExtras* extras) {
  extras->on_disk_id = true;
  return NtStatus::kOk;
}

NtStatus ParseTimewarp(const CreateContext& context, CreateExtras*) {
  proto::Timewarp timewarp;
  if (!proto::Timewarp::Decode(context.data, &timewarp)) return NtStatus::kInvalidParameter;
  return timewarp.timestamp == 0 ? NtStatus::kOk : NtStatus::kObjectNameNotFound;
}

template <typename T>
NtStatus ReadOver(const CreateContext& context, CreateExtras*) {
  T ignored;
  return T::Decode(context.data, &ignored) ? NtStatus::kOk : NtStatus::kInvalidParameter;
}

template <typename T>
NtStatus NothingToReconnect(const CreateContext& context, CreateExtras*) {
  T ignored;
  return T::Decode(context.data, &ignored) ? NtStatus::kObjectNameNotFound
                                           : NtStatus::kInvalidParameter;
}

struct Row {
  absl::string_view name;
  Parse parse;
  // Clients get what it asks for; the others are checked and otherwise read over.
  bool granted;
};

// Contexts that are not here are ignored, as the specification wants.
constexpr Row kRows[] = {
    {context::kEaBuffer, ParseEas, true},
    {context::kSecurityDescriptor, ParseSecurity, true},
    {context::kAllocationSize, ParseAllocation, true},
    {context::kQueryMaximalAccess, ParseMaximalAccess, true},
    {context::kQueryOnDiskId, ParseOnDiskId, true},
    {context::kTimewarp, ParseTimewarp, false},
    {context::kLease, ReadOver<proto::LeaseContext>, false},
    {context::kDurableRequest, ReadOver<proto::DurableRequest>, false},
    {context::kDurableRequestV2, ReadOver<proto::DurableRequestV2>, false},
    {context::kDurableReconnect, NothingToReconnect<proto::DurableReconnect>, false},
    {context::kDurableReconnectV2, NothingToReconnect<proto::DurableReconnectV2>, false},
};

}  // namespace

NtStatus ParseCreateContexts(absl::Span<const uint8_t> list, CreateExtras* extras) {
  proto::CreateContextList contexts;
  if (!proto::DecodeCreateContexts(list, &contexts)) return NtStatus::kInvalidParameter;
  for (const CreateContext& given : contexts) {
    for (const Row& row : kRows) {
      if (row.name != given.name) continue;
      const NtStatus status = row.parse(given, extras);
      if (status != NtStatus::kOk) return status;
    }
  }
  return NtStatus::kOk;
}

size_t WriteCreateContexts(const CreateExtras& extras, const CreateAnswers& answers,
                           proto::Writer& writer) {
  proto::CreateContextWriter contexts(writer);
  if (extras.maximal_access) {
    proto::MaximalAccessResponse response;
    response.access = answers.maximal_access;
    contexts.AddEncoded(context::kQueryMaximalAccess, response);
  }
  if (extras.on_disk_id) {
    proto::OnDiskIdResponse response;
    response.file_id = answers.file_id;
    response.volume_id = answers.volume_id;
    contexts.AddEncoded(context::kQueryOnDiskId, response);
  }
  return contexts.bytes();
}

std::vector<absl::string_view> CreateContextNames() {
  std::vector<absl::string_view> names;
  for (const Row& row : kRows) {
    if (row.granted) names.push_back(row.name);
  }
  return names;
}

}  // namespace sluice::smb

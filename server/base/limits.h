// Every limit on what a peer or the environment can make the gateway hold, in one place. Units come
// last in the names. Relations between limits are proven at compile time at the end.
#ifndef SLUICE_SERVER_BASE_LIMITS_H_
#define SLUICE_SERVER_BASE_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace sluice::limits {

// Frames. The header of a large request or response (NetBIOS 4, transform 52, SMB2 64, fixed part
// and padding) fits into the headroom.
inline constexpr size_t read_bytes_max = 8u << 20;
inline constexpr size_t write_bytes_max = 8u << 20;
inline constexpr size_t transact_bytes_max = 8u << 20;
inline constexpr size_t frame_headroom_bytes = 4096;
inline constexpr size_t frame_bytes_max = (8u << 20) + frame_headroom_bytes;
// Before a session is set up nobody needs a large frame.
inline constexpr size_t unauthenticated_frame_bytes_max = 128u << 10;
inline constexpr size_t compound_requests_max = 64;
inline constexpr size_t small_frame_bytes_max = 32u << 10;

// Connections.
inline constexpr size_t connections_max = 20000;
inline constexpr size_t credits_per_connection_max = 8192;
inline constexpr size_t requests_in_flight_per_connection_max = 512;
inline constexpr size_t bytes_in_flight_per_connection_max = 64u << 20;
inline constexpr size_t send_queue_bytes_max = 32u << 20;
inline constexpr size_t async_requests_per_connection_max = 512;

// Sessions, trees, opens, locks.
inline constexpr size_t sessions_max = 65536;
inline constexpr size_t sessions_per_connection_max = 256;
inline constexpr size_t trees_per_session_max = 1024;
inline constexpr size_t opens_per_session_max = 65536;
inline constexpr size_t locks_per_open_max = 4096;
// Changes that nobody has asked for yet: of one watched directory, and of all of a share.
inline constexpr size_t notify_buffer_bytes_max = 64u << 10;
inline constexpr size_t notify_buffered_bytes_max = 64u << 20;
inline constexpr size_t security_buffer_bytes_max = 64u << 10;

// Answers of a loop whose data wait in pipes, two descriptors each, and what one pipe holds: what
// the kernel lets a user without privileges have.
inline constexpr size_t pipes_per_loop_max = 64;
inline constexpr size_t pipe_bytes = 1u << 20;

// Names.
inline constexpr size_t path_bytes_max = 4096;
inline constexpr size_t component_utf16_units_max = 255;
// Of all directories whose names a share keeps for look-ups without regard to case.
inline constexpr size_t name_cache_bytes_max = 64u << 20;
inline constexpr size_t name_cache_directories_max = 4096;

// Storage. What one getdents64 reads, and the longest xattr read along with an entry of a listing.
inline constexpr size_t directory_read_bytes = 32u << 10;
inline constexpr size_t metadata_xattr_bytes_max = 256;

// Users of the gateway's own.
inline constexpr size_t users_max = 65536;
inline constexpr size_t user_file_bytes_max = 32u << 20;
inline constexpr size_t user_name_characters_max = 64;
inline constexpr size_t password_characters_max = 256;

// Control socket.
inline constexpr size_t control_request_bytes_max = 64u << 10;
inline constexpr size_t control_connections_max = 32;

// Times, in milliseconds.
inline constexpr uint64_t handshake_timeout_ms = 30'000;
inline constexpr uint64_t frame_timeout_ms = 60'000;
inline constexpr uint64_t send_timeout_ms = 60'000;
inline constexpr uint64_t idle_without_session_timeout_ms = 120'000;
inline constexpr uint64_t drain_timeout_ms = 5'000;
inline constexpr uint64_t oplock_break_timeout_ms = 35'000;
inline constexpr uint64_t timeout_ms_max = 3'600'000;  // that a preference may ask for

static_assert(read_bytes_max + frame_headroom_bytes <= frame_bytes_max);
static_assert(write_bytes_max + frame_headroom_bytes <= frame_bytes_max);
static_assert(transact_bytes_max + frame_headroom_bytes <= frame_bytes_max);
static_assert(frame_bytes_max < (1u << 24), "the NetBIOS length has 24 bits");
static_assert(small_frame_bytes_max <= unauthenticated_frame_bytes_max);
static_assert(frame_bytes_max <= bytes_in_flight_per_connection_max);
static_assert(frame_bytes_max <= send_queue_bytes_max);
static_assert(credits_per_connection_max * 65536ull >= read_bytes_max);

}  // namespace sluice::limits

#endif  // SLUICE_SERVER_BASE_LIMITS_H_

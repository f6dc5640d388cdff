// Asio's TLS code, a file of its own for the same reason as asio_sources.cpp.
#include <boost/asio/ssl/impl/src.hpp>

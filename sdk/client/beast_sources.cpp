// Beast's non-template code, a file of its own for the same reason as asio_sources.cpp.
#include <boost/beast/src.hpp>

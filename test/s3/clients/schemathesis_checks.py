"""What Schemathesis is to count as a fault of the API besides what it knows itself."""

import schemathesis


@schemathesis.check
def no_fault_of_the_server(ctx, response, case):
    if response.status_code >= 500:
        raise AssertionError(f"{response.status_code}: {response.text[:1000]}")

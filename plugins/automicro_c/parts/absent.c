/* Not a number: what says that a token is absent. */
static real am_absent(void)
{
    return (real)am_missing();
}
